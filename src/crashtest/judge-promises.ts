import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recording } from '../model/recording.ts';
import { judgeStore } from './judge-store.ts';
import { type Ledger, type Sending, sentBytes } from './ledger.ts';

/** What is there besides, and is no loss. */
export interface Leftovers {
  /** First parts of files whose import was killed, kept as "Recovered". */
  readonly recoveredCount: number;
  /** Uploads nobody was told the id of, or whose sender was killed; they wait for it in the spool. */
  readonly unfinishedCount: number;
}

/**
 * Holds a store that nobody has open against what was promised: looks at the files on the disk only, beside
 * `recordings`, which are all its rows. What was not kept goes into the ledger.
 */
export async function judgePromises(
  dataDir: string,
  ledger: Ledger,
  recordings: readonly Recording[],
): Promise<Leftovers> {
  const verdict = await judgeStore(dataDir, recordings);
  for (const message of verdict.wrongSidecars) ledger.lose('sidecar', `${message}.`);
  for (const path of verdict.orphans) ledger.lose('orphan', `${path} belongs to no recording.`);
  // Their bytes are counted below, where they were promised to somebody.
  for (const message of verdict.missingFiles) ledger.lose('orphan', `${message}.`);
  for (const message of verdict.wrongFiles) ledger.lose('differing-bytes', `${message}.`);
  const byChecksum = Map.groupBy(recordings, ({ checksum }) => checksum);
  for (const sending of ledger.recordings) await judgeSending(dataDir, ledger, sending, byChecksum);
  for (const recording of recordings) judgeTitle(ledger, recording);
  const unfinished = verdict.leftInSpool.filter((id) => !ledger.uploads.has(id));
  for (const id of verdict.leftInSpool) {
    const sending = ledger.uploads.get(id);
    if (sending && sending.recordingId !== null) {
      ledger.lose('spool', `Upload ${id} became a recording, but its bytes still lie in the spool.`);
    }
  }
  const sent = new Set(ledger.recordings.map(({ checksum }) => checksum));
  const unknown = recordings.filter(({ checksum }) => !sent.has(checksum));
  for (const { id, title } of unknown.filter(({ title }) => title !== 'Recovered')) {
    ledger.lose('orphan', `Recording ${id} "${title}" is listed, but nobody was told that it is kept.`);
  }
  return {
    recoveredCount: unknown.filter(({ title }) => title === 'Recovered').length,
    unfinishedCount: unfinished.length,
  };
}

async function judgeSending(
  dataDir: string,
  ledger: Ledger,
  sending: Sending,
  byChecksum: ReadonlyMap<string, readonly Recording[]>,
): Promise<void> {
  const { checksum, recordingId, sizeBytes } = sending;
  const rows = byChecksum.get(checksum) ?? [];
  const row = rows.find(({ id }) => id === recordingId) ?? rows[0];
  if (row === undefined) {
    ledger.lose('lost-bytes', `Recording ${recordingId} was acknowledged, but is not listed.`, sizeBytes);
    return;
  }
  if (rows.length > 1) {
    const ids = rows.map(({ id }) => id).join(' and ');
    ledger.lose('duplicate', `The same ${sizeBytes} bytes are listed as ${ids}.`);
  }
  const found = await readFile(join(dataDir, row.storedFilename)).catch(() => undefined);
  if (found === undefined) {
    ledger.lose(
      'lost-bytes',
      `The file of recording ${row.id} cannot be read: ${row.storedFilename}.`,
      sizeBytes,
    );
    return;
  }
  const differing = countDiffering(found, sentBytes(sending));
  if (differing === 0) return;
  ledger.lose(
    'differing-bytes',
    `${row.storedFilename} differs from what was sent in ${differing} bytes.`,
    differing,
  );
}

function judgeTitle(ledger: Ledger, { id, title }: Recording): void {
  const wishes = ledger.titles.get(id);
  if (!wishes || wishes.acknowledged === null) return;
  if (title === wishes.acknowledged || wishes.unanswered.includes(title)) return;
  const message = `Recording ${id} was given the title "${wishes.acknowledged}", but has "${title}".`;
  ledger.lose('amendment-lost', message);
}

/** Bytes that are other than sent, not there, or too many. */
function countDiffering(found: Buffer, sent: Buffer): number {
  if (found.equals(sent)) return 0;
  let count = Math.abs(found.length - sent.length);
  for (let i = 0; i < Math.min(found.length, sent.length); i++) if (found[i] !== sent[i]) count++;
  return count;
}
