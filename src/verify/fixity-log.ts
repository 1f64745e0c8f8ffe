import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolderDurably, syncFolder } from '../durable/folder.ts';
import { asWriteFailure } from '../durable/write-failure.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { FixityCheck } from '../model/verification.ts';

/** In the words of PREMIS 3: an event of the type "fixity check", its date, its object and its outcome. */
const COLUMNS = [
  'eventDateTime',
  'eventType',
  'objectIdentifier',
  'path',
  'messageDigestAlgorithm',
  'messageDigestExpected',
  'messageDigestFound',
  'eventOutcome',
] as const;
export const FIXITY_HEADER = COLUMNS.join(',');

/** RFC 4180, with line feeds. */
function fixityLine(check: FixityCheck): string {
  const { checkedAt, id, storedFilename, expected, found, result } = check;
  const fields = [checkedAt, 'fixity check', id, storedFilename, 'SHA-256', expected, found ?? '', result];
  return fields
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

/**
 * Adds one line for each check to the CSV file at `path`, which begins with {@link FIXITY_HEADER} and is never
 * rewritten. Resolves when the lines would survive a power cut. A line that a crash cut short stays as it is, and the
 * next one begins behind it. Rejects with `usage` when another kind of file lies there, `disk-full` or `storage-failed`.
 */
export async function appendFixityLines(path: string, checks: readonly FixityCheck[]): Promise<void> {
  const lines = checks.map((check) => `${fixityLine(check)}\n`).join('');
  try {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    // Opened anew for each group: a descriptor whose sync failed is never synced again.
    const file = await open(path, flags, 0o600);
    let isNew: boolean;
    try {
      const beginning = await beginningOf(file, path);
      isNew = beginning !== '';
      await file.appendFile(beginning + lines);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(dirname(path));
  } catch (error) {
    throw asWriteFailure(error, `The fixity log ${path}`);
  }
}

/** What has to stand before the next line. */
async function beginningOf(file: FileHandle, path: string): Promise<string> {
  const { size } = await file.stat();
  if (size === 0) return `${FIXITY_HEADER}\n`;
  const head = Buffer.alloc(FIXITY_HEADER.length);
  await file.read(head, 0, head.length, 0);
  if (head.toString('latin1') !== FIXITY_HEADER.slice(0, Math.min(size, head.length))) {
    throw new VoiceRecorderError(
      'usage',
      `${path} is no fixity log: expected the first line "${FIXITY_HEADER}". Nothing was written to it; name another file.`,
    );
  }
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  if (last[0] === 0x0a) return '';
  // Cut in the header itself: a whole one follows.
  return size < FIXITY_HEADER.length ? `\n${FIXITY_HEADER}\n` : '\n';
}

/** The store's own log: `fixity/<year>.csv`, a line for each check there ever was. */
export class StoreFixityLog {
  readonly #folder: string;
  #isMade = false;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'fixity');
  }

  async append(checks: readonly FixityCheck[]): Promise<void> {
    if (!this.#isMade) {
      await makeFolderDurably(this.#folder).catch((error: unknown) => {
        throw asWriteFailure(error, `The fixity log ${this.#folder}`);
      });
      this.#isMade = true;
    }
    const byYear = Map.groupBy(checks, ({ checkedAt }) => checkedAt.slice(0, 4));
    for (const [year, ofYear] of byYear) await appendFixityLines(join(this.#folder, `${year}.csv`), ofYear);
  }
}
