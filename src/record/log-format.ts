import { crc32 } from 'node:zlib';
import type { RecordingId } from '../model/id.ts';
import {
  decodeRecord,
  encodeRecord,
  idBytes,
  idOfBytes,
  type JournalRecord,
  SLOT_BYTES,
} from './journal-format.ts';

/*
 * The write-ahead log of the spool: journal records of many uploads in the order of their coming, each followed by
 * the bytes it speaks of. An entry of the log repeats what was also written to an upload's own `data` and `journal`,
 * which are synced later.
 *
 * Integers are unsigned and little-endian.
 *
 *    0   4  ASCII `VRPL`
 *    4   4  CRC-32 of bytes 8 to 107
 *    8   8  epoch: drawn at random each time the file is begun anew
 *   16  16  upload id, the bytes of the UUID
 *   32   4  generation of the upload's files
 *   36   4  index of the record in its journal, from 0
 *   40  64  the record, as in the journal; it covers its own bytes (`covers` 0)
 *  104   4  zero
 *  108      the bytes, as many as the record says
 *
 * Entries follow one another without a gap. The first whose head breaks a rule, or has another epoch than the first
 * of the file, ends the log: what lies behind it is left from an earlier use. An entry counts if its bytes have the
 * SHA-256 of its record.
 */

export const HEAD_BYTES = 108;
const MAGIC = Buffer.from('VRPL', 'latin1');

export interface LogHead {
  readonly epoch: Buffer;
  readonly id: RecordingId;
  readonly generation: number;
  readonly recordIndex: number;
  readonly record: JournalRecord;
}

export function encodeHead({ epoch, id, generation, recordIndex, record }: LogHead): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head, 0);
  epoch.copy(head, 8);
  idBytes(id).copy(head, 16);
  head.writeUInt32LE(generation, 32);
  head.writeUInt32LE(recordIndex, 36);
  encodeRecord(id, record).copy(head, 40);
  head.writeUInt32LE(crc32(head.subarray(8)), 4);
  return head;
}

/** Undefined when these bytes are no head of an entry. */
export function decodeHead(head: Buffer): LogHead | undefined {
  if (head.length < HEAD_BYTES || !head.subarray(0, 4).equals(MAGIC)) return undefined;
  if (head.readUInt32LE(4) !== crc32(head.subarray(8, HEAD_BYTES))) return undefined;
  const id = idOfBytes(head.subarray(16, 32));
  const record = decodeRecord(head.subarray(40, 40 + SLOT_BYTES), id);
  if (record === undefined || record.covers !== 'piece') return undefined;
  const epoch = Buffer.from(head.subarray(8, 16));
  return { epoch, id, generation: head.readUInt32LE(32), recordIndex: head.readUInt32LE(36), record };
}
