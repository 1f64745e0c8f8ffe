import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { destination } from 'pino';

export interface LogFileOptions {
  readonly path: string;
  /** Of one file; a fuller one is put aside as `PATH.1`. */
  readonly maxBytes?: number;
  /** How many are put aside; the oldest goes. */
  readonly keptCount?: number;
  /** Told once when nothing can be written (full disk, no permission); lines are dropped meanwhile. */
  readonly onTrouble?: (error: unknown) => void;
}

export interface LogFile {
  readonly path: string;
  write(line: string): void;
  /** Resolves when all that was written is in the file, or cannot be. */
  close(): Promise<void>;
}

const MAX_BYTES = 10_000_000;
const KEPT_COUNT = 4;
/** Lines that wait for a slow disk; more of them are dropped, for a log must not fill the memory either. */
const MAX_WAITING_BYTES = 4_000_000;

/**
 * A file that lines are appended to without waiting, and that never grows beyond its share of the disk: 50 MB with the
 * files put aside. A disk that takes nothing more costs lines of the log and nothing else.
 */
export function openLogFile({
  path,
  maxBytes = MAX_BYTES,
  keptCount = KEPT_COUNT,
  onTrouble,
}: LogFileOptions): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let sizeBytes = sizeOf(path);
  let isTroubled = false;
  const stream = destination({ dest: path, sync: false, mode: 0o600, maxLength: MAX_WAITING_BYTES });
  stream.on('error', (error) => {
    if (!isTroubled) onTrouble?.(error);
    isTroubled = true;
  });
  stream.on('write', (writtenBytes) => {
    isTroubled = false;
    sizeBytes += writtenBytes;
    if (sizeBytes < maxBytes) return;
    sizeBytes = 0;
    putAside(path, keptCount);
    stream.reopen();
  });
  return {
    path,
    write: (line) => void stream.write(line),
    close: () =>
      new Promise((resolve) => {
        stream.once('close', resolve).once('error', () => resolve());
        stream.end();
      }),
  };
}

/** All files of a log, the newest lines last. */
export function logFilesOf(path: string, keptCount = KEPT_COUNT): string[] {
  const paths = Array.from({ length: keptCount }, (_, age) => `${path}.${keptCount - age}`);
  return [...paths, path].filter((each) => sizeOf(each) > 0);
}

function putAside(path: string, keptCount: number): void {
  for (let age = keptCount - 1; age >= 0; age--) {
    try {
      renameSync(age === 0 ? path : `${path}.${age}`, `${path}.${age + 1}`);
    } catch (error) {
      // There are not that many yet; where it may not be renamed, the same file is written on.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
