import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import { syncFolderNow } from '../durable/folder.ts';
import type { RecordingId } from '../model/id.ts';
import { errnoOf } from './disk.ts';
import {
  decodeJournal,
  encodeFirstBlock,
  JOURNAL_BLOCK_BYTES,
  type JournalContent,
  type JournalOrigin,
  type JournalRecord,
  journalPosition,
} from './journal-format.ts';
import { dataPath, journalPath, restPath } from './spool-layout.ts';
import type { UploadInfo } from './upload-info.ts';

/*
 * Checks a spool folder after a crash and leaves it so that writing can go on. All calls here block: this runs in
 * worker threads.
 */

export interface FolderCheck {
  readonly generation: number;
  /**
   * The journal speaks of bytes, but their file is gone: a placing was cut off after it had linked them into the
   * library. Nothing was touched.
   */
  readonly isDataMissing: boolean;
  /**
   * An unfinished import whose source still holds what was copied, or whose bytes have another name already: it can
   * simply be made again. Nothing was touched.
   */
  readonly isRepeatable: boolean;
  readonly origin: JournalOrigin | null;
  /** Bytes of `data` that have the checksums of the journal. */
  readonly offsetBytes: number;
  readonly recordCount: number;
  readonly lastReceivedAtMs: number | null;
  /** SHA-256 of the trusted bytes, when they are all that was declared. */
  readonly checksum: string | null;
  /** Bytes without a record that were cut off: they were never acknowledged. */
  readonly cutBytes: number;
  /** Where bytes were put that could not be trusted but might be audio, just now or earlier; null: there are none. */
  readonly restPath: string | null;
  readonly isRestNew: boolean;
}

const BUFFER_BYTES = 1024 * 1024;

/** `info` is undefined when `info.json` is missing or cannot be understood. */
export function checkFolder(folder: string, id: RecordingId, info: UploadInfo | undefined): FolderCheck {
  const generation = generationOf(folder, info);
  const journal = readJournal(journalPath(folder, generation), id);
  const untouched: FolderCheck = {
    generation,
    isDataMissing: false,
    isRepeatable: false,
    origin: journal.origin,
    offsetBytes: 0,
    recordCount: 0,
    lastReceivedAtMs: journal.records.at(-1)?.receivedAtMs ?? null,
    checksum: null,
    cutBytes: 0,
    restPath: null,
    isRestNew: false,
  };
  const path = dataPath(folder, generation);
  if (journal.records.length > 0 && !fs.existsSync(path)) return { ...untouched, isDataMissing: true };
  const data = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  try {
    const { size: sizeBytes, nlink } = fs.fstatSync(data);
    const isChecksumWanted = typeof info?.lengthBytes === 'number';
    const trusted = countTrusted(data, journal.records, isChecksumWanted);
    // Of a copy only the bytes are synced: what is said of them may be lost, and before that they themselves.
    if (trusted.offsetBytes !== info?.lengthBytes && isRepeatable(info, sizeBytes, nlink))
      return { ...untouched, isRepeatable: true };
    const newRest = settleRest(folder, data, sizeBytes, trusted.offsetBytes, journal, info);
    settleJournal(folder, generation, id, journal, trusted.recordCount, info);
    const isWhole = info?.lengthBytes === trusted.offsetBytes;
    return {
      ...untouched,
      offsetBytes: trusted.offsetBytes,
      recordCount: trusted.recordCount,
      lastReceivedAtMs: journal.records[trusted.recordCount - 1]?.receivedAtMs ?? null,
      checksum: isWhole ? (trusted.hash?.digest('hex') ?? null) : null,
      cutBytes: newRest === null ? Math.max(0, sizeBytes - trusted.offsetBytes) : 0,
      restPath: newRest ?? findRest(folder, trusted.offsetBytes),
      isRestNew: newRest !== null,
    };
  } finally {
    fs.closeSync(data);
  }
}

function isRepeatable(info: UploadInfo | undefined, copiedBytes: number, nameCount: number): boolean {
  if (info?.origin.kind !== 'import') return false;
  // Placed already: cutting these bytes here would cut them in the library, and only this name of them has to go.
  if (nameCount > 1) return true;
  const source = fs.statSync(info.origin.sourcePath, { throwIfNoEntry: false });
  return source?.isFile() === true && source.size >= copiedBytes;
}

function findRest(folder: string, offsetBytes: number): string | null {
  const path = restPath(folder, offsetBytes, 0);
  return fs.existsSync(path) ? path : null;
}

/** Reads the records' bytes back, up to the first record that does not match. */
function countTrusted(
  data: number,
  records: readonly JournalRecord[],
  isChecksumWanted: boolean,
): { offsetBytes: number; recordCount: number; hash: Hash | null } {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  const isHashNeeded = isChecksumWanted || records.some(({ covers }) => covers === 'all');
  const whole = isHashNeeded ? createHash('sha256') : null;
  let offsetBytes = 0;
  let recordCount = 0;
  for (const record of records) {
    const before = whole?.copy() ?? null;
    const judge = judgeOf(record, whole);
    const isThere = readInto(data, buffer, record, judge.take);
    if (!isThere || !judge.isRight()) return { offsetBytes, recordCount, hash: before };
    offsetBytes += record.lengthBytes;
    recordCount++;
  }
  return { offsetBytes, recordCount, hash: whole };
}

/** Takes a record's bytes, also into the hash of all bytes so far, and compares what it covers with its checksum. */
export function judgeOf(
  record: JournalRecord,
  whole: Hash | null,
): { take(piece: Buffer): void; isRight(): boolean } {
  const own = record.covers === 'piece' ? createHash('sha256') : null;
  return {
    take(piece) {
      own?.update(piece);
      whole?.update(piece);
    },
    isRight: () => (own ?? whole?.copy())?.digest().equals(record.sha256) === true,
  };
}

export function readInto(
  descriptor: number,
  buffer: Buffer,
  range: { readonly offsetBytes: number; readonly lengthBytes: number },
  take: (piece: Buffer, atBytes: number) => void,
): boolean {
  let at = range.offsetBytes;
  const end = range.offsetBytes + range.lengthBytes;
  while (at < end) {
    const count = fs.readSync(descriptor, buffer, 0, Math.min(buffer.length, end - at), at);
    if (count === 0) return false;
    take(buffer.subarray(0, count), at);
    at += count;
  }
  return true;
}

/**
 * Cuts `data` after its trusted bytes. Bytes without any record were never acknowledged and go. Bytes that a record
 * speaks of, those of an import whose source is gone, and those of whose records or wish nothing can be read any more
 * are copied to a file of their own first.
 */
function settleRest(
  folder: string,
  data: number,
  sizeBytes: number,
  trustedBytes: number,
  journal: JournalContent,
  info: UploadInfo | undefined,
): string | null {
  if (sizeBytes <= trustedBytes) return null;
  const isOfClient = info !== undefined && info.origin.kind !== 'import' && journal.origin !== null;
  const isNeverAcknowledged = isOfClient && journal.claimedBytes <= trustedBytes;
  const path = isNeverAcknowledged ? null : copyRest(folder, data, trustedBytes, sizeBytes);
  fs.ftruncateSync(data, trustedBytes);
  fs.fdatasyncSync(data);
  return path;
}

function copyRest(folder: string, data: number, fromBytes: number, toBytes: number): string {
  let count = 0;
  while (fs.existsSync(restPath(folder, fromBytes, count))) count++;
  const path = restPath(folder, fromBytes, count);
  const rest = fs.openSync(path, 'wx', 0o600);
  try {
    const range = { offsetBytes: fromBytes, lengthBytes: toBytes - fromBytes };
    readInto(data, Buffer.allocUnsafe(BUFFER_BYTES), range, (piece) => writeAllNow(rest, piece));
    fs.fdatasyncSync(rest);
  } finally {
    fs.closeSync(rest);
  }
  syncFolderNow(folder);
  return path;
}

/** Leaves exactly the trusted records. */
function settleJournal(
  folder: string,
  generation: number,
  id: RecordingId,
  journal: JournalContent & { readonly hasMore: boolean },
  recordCount: number,
  info: UploadInfo | undefined,
): void {
  const endBytes = journalPosition(recordCount);
  if (journal.origin !== null && recordCount === journal.records.length && !journal.hasMore) return;
  const file = fs.openSync(
    journalPath(folder, generation),
    fs.constants.O_RDWR | fs.constants.O_CREAT,
    0o600,
  );
  try {
    if (journal.origin === null) {
      const origin =
        info?.origin.kind === 'import' || info?.origin.kind === 'adoption' ? info.origin.kind : 'client';
      fs.writeSync(
        file,
        encodeFirstBlock(id, origin, Date.parse(info?.createdAt ?? '') || 0),
        0,
        undefined,
        0,
      );
      fs.ftruncateSync(file, JOURNAL_BLOCK_BYTES);
    } else {
      fs.ftruncateSync(file, endBytes);
      const filling = Buffer.alloc(
        (JOURNAL_BLOCK_BYTES - (endBytes % JOURNAL_BLOCK_BYTES)) % JOURNAL_BLOCK_BYTES,
      );
      fs.writeSync(file, filling, 0, filling.length, endBytes);
    }
    fs.fdatasyncSync(file);
  } finally {
    fs.closeSync(file);
  }
  syncFolderNow(folder);
}

export function readJournal(path: string, id: RecordingId): JournalContent & { readonly hasMore: boolean } {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    bytes = Buffer.alloc(0);
  }
  const content = decodeJournal(bytes, id);
  const hasMore = bytes.subarray(journalPosition(content.records.length)).some((byte) => byte !== 0);
  return { ...content, hasMore };
}

/** The generation that `info` names, or the latest when there is no file of that one. */
function generationOf(folder: string, info: UploadInfo | undefined): number {
  const named = info?.generation;
  if (named !== undefined) {
    const paths = [dataPath(folder, named), journalPath(folder, named)];
    if (paths.some((path) => fs.existsSync(path))) return named;
  }
  let generation = 1;
  while (fs.existsSync(dataPath(folder, generation + 1))) generation++;
  return generation;
}

/** Writes at `position` or, without one, where the file stands. */
export function writeAllNow(descriptor: number, bytes: Uint8Array, position: number | null = null): void {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    done += fs.writeSync(descriptor, bytes, done, bytes.length - done, at);
  }
}
