import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { syncFolderNow } from '../durable/folder.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import { judgeOf, readInto, readJournal, writeAllNow } from './check-folder.ts';
import type { CopyResult } from './copy-bytes.ts';
import {
  encodeFirstBlock,
  encodeRecord,
  fillingAfter,
  type JournalOrigin,
  journalPosition,
} from './journal-format.ts';
import { dataPath, journalPath } from './spool-layout.ts';

export interface SpoolPair {
  readonly folder: string;
  readonly id: RecordingId;
  readonly generation: number;
}

export interface RenewRequest {
  readonly from: SpoolPair;
  readonly to: SpoolPair;
  readonly origin: JournalOrigin;
  /** Records that were acknowledged; what follows them is left behind. */
  readonly recordCount: number;
}

/**
 * Copies the acknowledged bytes of an upload into another pair of `data` and `journal`, checking each record on the
 * way, and syncs it. The former files stay as they are. Blocks: runs in a worker thread.
 */
export function renewFiles(request: RenewRequest): CopyResult {
  const { from: old, to, recordCount } = request;
  const { id } = old;
  const journal = readJournal(journalPath(old.folder, old.generation), id);
  const records = journal.records.slice(0, recordCount);
  if (records.length < recordCount) {
    throw new VoiceRecorderError(
      'storage-failed',
      `The journal of upload ${id} holds ${records.length} readable records where ${recordCount} were acknowledged.`,
    );
  }
  const from = fs.openSync(dataPath(old.folder, old.generation), 'r');
  const data = fs.openSync(dataPath(to.folder, to.generation), 'w', 0o600);
  const journalFile = fs.openSync(journalPath(to.folder, to.generation), 'w', 0o600);
  const whole = createHash('sha256');
  let sizeBytes = 0;
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    const madeAtMs = records[0]?.receivedAtMs ?? 0;
    fs.writeSync(journalFile, encodeFirstBlock(to.id, request.origin, madeAtMs), 0, undefined, 0);
    for (const [index, record] of records.entries()) {
      const judge = judgeOf(record, whole);
      const isThere = readInto(from, buffer, record, (piece) => {
        judge.take(piece);
        writeAllNow(data, piece);
      });
      if (!isThere || !judge.isRight()) {
        throw new VoiceRecorderError(
          'storage-failed',
          `The bytes of upload ${id} from ${record.offsetBytes} on can no longer be read as they were acknowledged.`,
        );
      }
      writeAllNow(journalFile, encodeRecord(to.id, record), journalPosition(index));
      writeAllNow(journalFile, fillingAfter(index, index + 1), journalPosition(index + 1));
      sizeBytes += record.lengthBytes;
    }
    fs.fdatasyncSync(data);
    fs.fdatasyncSync(journalFile);
  } finally {
    for (const descriptor of [from, data, journalFile]) fs.closeSync(descriptor);
  }
  syncFolderNow(to.folder);
  return { sizeBytes, checksum: whole.digest('hex') };
}
