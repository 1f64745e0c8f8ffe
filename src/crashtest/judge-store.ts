import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Recording } from '../model/recording.ts';
import { SIDECAR_FORMAT, sidecarKey } from '../model/sidecar.ts';

/** What is not as it should be in a store; each entry is a whole sentence. */
export interface StoreVerdict {
  /** Files that are not byte for byte what their row says. */
  readonly wrongFiles: readonly string[];
  /** Rows whose file is not there. */
  readonly missingFiles: readonly string[];
  /** Sidecars that are missing, unreadable or behind their row. */
  readonly wrongSidecars: readonly string[];
  /** Files among the originals that no row names. */
  readonly orphans: readonly string[];
  /** Spool folders that hold bytes; ones whose creation was never answered are empty. */
  readonly leftInSpool: readonly string[];
}

const READ_BYTES = 1024 * 1024;
const ORIGINALS = ['raw', 'edited'];
const SIDECAR_FIELDS = ['id', 'title', 'checksum', 'filesizeBytes', 'storedFilename'] as const;

/**
 * Looks at every byte of a store that nobody has open, and at nothing but its files: what it says holds without this
 * program. `recordings` are all its rows, those in the trash included.
 */
export async function judgeStore(dataDir: string, recordings: readonly Recording[]): Promise<StoreVerdict> {
  const wrongFiles: string[] = [];
  const missingFiles: string[] = [];
  const wrongSidecars: string[] = [];
  for (const recording of recordings) {
    const { storedFilename, checksum } = recording;
    const found = await checksumOf(join(dataDir, storedFilename));
    if (found === undefined) missingFiles.push(`${storedFilename} is not there, but its recording is listed`);
    else if (found !== checksum) wrongFiles.push(`${storedFilename} has ${found}, not ${checksum}`);
    const fault = await sidecarFault(dataDir, recording);
    if (fault !== undefined) wrongSidecars.push(fault);
  }
  const named = new Set(
    recordings.flatMap(({ storedFilename }) => [storedFilename, sidecarKey(storedFilename)]),
  );
  const lying = (await Promise.all(ORIGINALS.map((folder) => filesUnder(dataDir, folder)))).flat();
  return {
    wrongFiles,
    missingFiles,
    wrongSidecars,
    orphans: lying.filter((path) => !named.has(path)),
    leftInSpool: await spooledWithBytes(join(dataDir, 'spool')),
  };
}

/** Everything that is wrong, in one list. */
export function faultsOf(verdict: StoreVerdict): string[] {
  const { wrongFiles, missingFiles, wrongSidecars, orphans, leftInSpool } = verdict;
  return [...wrongFiles, ...missingFiles, ...wrongSidecars, ...orphans, ...leftInSpool];
}

/** SHA-256 of a file; undefined when it is not there. */
async function checksumOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
      hash.update(piece as Buffer);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return hash.digest('hex');
}

async function sidecarFault(dataDir: string, recording: Recording): Promise<string | undefined> {
  const path = sidecarKey(recording.storedFilename);
  let sidecar: Record<string, unknown>;
  try {
    sidecar = JSON.parse(await readFile(join(dataDir, path), 'utf8')) as Record<string, unknown>;
  } catch (error) {
    return `${path} cannot be read: ${(error as Error).message}`;
  }
  if (sidecar['format'] !== SIDECAR_FORMAT) return `${path} is no sidecar`;
  if (sidecar['metadataVersion'] !== recording.version && !isMeasuredSince(sidecar, recording)) {
    return `${path} stands at version ${String(sidecar['metadataVersion'])}, its row at ${recording.version}`;
  }
  const differing = SIDECAR_FIELDS.filter((field) => sidecar[field] !== recording[field]);
  return differing.length === 0 ? undefined : `${path} differs from its row in ${differing.join(', ')}`;
}

/** The server measures sound in the background, also between the moment it told its rows and its end. */
function isMeasuredSince(sidecar: Record<string, unknown>, { version, audioChecksum }: Recording): boolean {
  const isOneAhead = sidecar['metadataVersion'] === version + 1;
  return isOneAhead && audioChecksum === null && sidecar['audioChecksum'] !== null;
}

async function filesUnder(dataDir: string, folder: string): Promise<string[]> {
  const entries = await listed(join(dataDir, folder));
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dataDir, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

async function listed(path: string) {
  try {
    return await readdir(path, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function spooledWithBytes(spool: string): Promise<string[]> {
  const withBytes = new Set<string>();
  for (const entry of await listed(spool)) {
    if (!entry.isFile() || !/^(data|rest-)/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await stat(path)).size > 0) withBytes.add(relative(spool, entry.parentPath));
  }
  return [...withBytes].sort();
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
