import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { syncFolderNow } from '../durable/folder.ts';
import type { RecordingId } from '../model/id.ts';
import { type CarriedError, describeError } from '../threads/carried-error.ts';
import { writeAllNow } from './check-folder.ts';
import { errnoOf } from './disk.ts';
import { encodeRecord, journalPosition } from './journal-format.ts';
import { decodeHead, HEAD_BYTES, type LogHead } from './log-format.ts';
import { dataPath, journalPath, logName, uploadFolder } from './spool-layout.ts';

export interface ReplayRequest {
  readonly spoolPath: string;
  /** Numbers of the logs, rising. */
  readonly numbers: readonly number[];
}

export interface ReplayResult {
  /** Entries whose bytes or record had not reached the upload's own files. */
  readonly restored: number;
  /** Uploads whose own files could not be written. The logs stay for them. */
  readonly failed: readonly FailedReplay[];
}

type FailedReplay = { readonly id: RecordingId } & CarriedError;

interface Entry {
  readonly head: LogHead;
  readonly log: number;
  readonly bytesAt: number;
}

/**
 * Plays the write-ahead logs of earlier runs back into the uploads' own files, syncs those and removes the logs. May
 * be cut off at any point and done again. Blocks: runs in a worker thread.
 */
export function replayLogs({ spoolPath, numbers }: ReplayRequest): ReplayResult {
  const opened = numbers.map((number) => fs.openSync(join(spoolPath, logName(number)), 'r'));
  const failed: FailedReplay[] = [];
  let restored = 0;
  try {
    const entries = opened.flatMap(listEntries);
    for (const [key, ofUpload] of Map.groupBy(entries, ({ head }) => `${head.id} ${head.generation}`)) {
      try {
        restored += replayUpload(spoolPath, ofUpload);
      } catch (error) {
        failed.push({ id: key.split(' ')[0] ?? key, ...describeError(error) });
      }
    }
  } finally {
    for (const log of opened) fs.closeSync(log);
  }
  if (failed.length > 0 || numbers.length === 0) return { restored, failed };
  for (const number of numbers) fs.unlinkSync(join(spoolPath, logName(number)));
  // Before anything new is written: an upload that goes on must never meet these logs again.
  syncFolderNow(spoolPath);
  return { restored, failed };
}

function listEntries(log: number): Entry[] {
  const entries: Entry[] = [];
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  const sizeBytes = fs.fstatSync(log).size;
  let epoch: Buffer | null = null;
  for (let at = 0; at + HEAD_BYTES <= sizeBytes; ) {
    fs.readSync(log, bytes, 0, HEAD_BYTES, at);
    const head = decodeHead(bytes);
    epoch ??= head?.epoch ?? null;
    if (head === undefined || epoch?.equals(head.epoch) !== true) break;
    const bytesAt = at + HEAD_BYTES;
    at = bytesAt + head.record.lengthBytes;
    if (at <= sizeBytes) entries.push({ head, log, bytesAt });
  }
  return entries;
}

/** How many entries the upload's own files lacked. An upload that is no longer here needs none. */
function replayUpload(spoolPath: string, entries: readonly Entry[]): number {
  const head = entries[0]?.head;
  if (head === undefined) return 0;
  const folder = uploadFolder(spoolPath, head.id);
  const journal = openIfThere(journalPath(folder, head.generation));
  // Without its data an upload is being placed just now, and its journal tells that it is more than an empty one.
  const data = openIfThere(dataPath(folder, head.generation));
  const both = [data, journal].filter((descriptor) => descriptor !== undefined);
  try {
    if (journal === undefined) return 0;
    const restored = entries.filter((entry) => replayEntry(data, journal, entry)).length;
    // Also when nothing was lacking: it may still be on its way to the disk.
    for (const descriptor of both) fs.fdatasyncSync(descriptor);
    return restored;
  } finally {
    for (const descriptor of both) fs.closeSync(descriptor);
  }
}

function replayEntry(data: number | undefined, journal: number, { head, log, bytesAt }: Entry): boolean {
  const { id, recordIndex, record } = head;
  const logged = Buffer.allocUnsafe(record.lengthBytes);
  fs.readSync(log, logged, 0, logged.length, bytesAt);
  const hasBytes = data !== undefined && holds(data, logged, record.offsetBytes);
  // The end of the log: a group of which nobody was told.
  if (!hasBytes && !createHash('sha256').update(logged).digest().equals(record.sha256)) return false;
  if (!hasBytes && data !== undefined) writeAllNow(data, logged, record.offsetBytes);
  const slot = encodeRecord(id, record);
  const hasSlot = holds(journal, slot, journalPosition(recordIndex));
  if (!hasSlot) writeAllNow(journal, slot, journalPosition(recordIndex));
  return !hasBytes || !hasSlot;
}

function holds(descriptor: number, expected: Buffer, position: number): boolean {
  const found = Buffer.allocUnsafe(expected.length);
  const count = fs.readSync(descriptor, found, 0, found.length, position);
  return count === expected.length && found.equals(expected);
}

function openIfThere(path: string): number | undefined {
  try {
    // Never made anew: a file that is gone became a recording.
    return fs.openSync(path, 'r+');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
