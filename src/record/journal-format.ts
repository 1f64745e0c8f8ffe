import { crc32 } from 'node:zlib';
import type { RecordingId } from '../model/id.ts';

/*
 * The journal of an upload: which bytes of `data` were received, and their checksums.
 *
 * It consists of slots of 64 bytes; integers are unsigned and little-endian. Slot 0 is the header, each further
 * slot one record; the file is filled up with zero bytes to a multiple of 4,096.
 *
 *   header                                        record
 *    0   8  ASCII `VRPJRNL1`                       0   8  offset in `data`
 *    8  16  upload id, the bytes of the UUID       8   8  length, at least 1
 *   24   8  made at, Unix milliseconds            16  32  SHA-256 of what the record covers
 *   32   1  origin: 1 client, 2 import,           48   8  received at, Unix milliseconds
 *           3 adoption                            56   1  covers: 0 these bytes of `data`, 1 all up to their end
 *   33  27  zero                                  57   3  zero
 *   60   4  CRC-32 of bytes 0 to 59               60   4  CRC-32 of the upload id (16 bytes)
 *                                                         followed by bytes 0 to 59
 *
 * Records follow one another without a gap: each begins where the one before ended. The first slot that breaks a
 * rule ends the journal. A record counts only if the bytes it speaks of have its checksum: data and journal are
 * synced together, in no order, so a power cut may leave a record whose bytes never arrived.
 */

export const SLOT_BYTES = 64;
/** The journal grows by blocks, so that most records overwrite space it already has. */
export const JOURNAL_BLOCK_BYTES = 4096;

const MAGIC = Buffer.from('VRPJRNL1', 'latin1');
const ORIGINS = ['client', 'import', 'adoption'] as const;
export type JournalOrigin = (typeof ORIGINS)[number];

/** What a record's checksum speaks of: its own bytes, or everything from the beginning of the file to their end. */
export type RecordCover = 'piece' | 'all';

export interface JournalRecord {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly sha256: Buffer;
  readonly covers: RecordCover;
  readonly receivedAtMs: number;
}

export interface JournalContent {
  /** Null when the header is missing, damaged or of another upload. */
  readonly origin: JournalOrigin | null;
  /** Well-formed records without a gap from offset 0. Whether their bytes match is for the reader to find out. */
  readonly records: readonly JournalRecord[];
  /** End of the furthest byte that any sound record speaks of, also behind a gap. */
  readonly claimedBytes: number;
}

export function idBytes(id: RecordingId): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

export function idOfBytes(bytes: Buffer): RecordingId {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A whole first block: the header, then empty slots. */
export function encodeFirstBlock(id: RecordingId, origin: JournalOrigin, madeAtMs: number): Buffer {
  const block = Buffer.alloc(JOURNAL_BLOCK_BYTES);
  MAGIC.copy(block, 0);
  idBytes(id).copy(block, 8);
  block.writeBigUInt64LE(BigInt(Math.max(0, Math.floor(madeAtMs))), 24);
  block[32] = ORIGINS.indexOf(origin) + 1;
  block.writeUInt32LE(crc32(block.subarray(0, 60)), 60);
  return block;
}

/** The slot of a record. */
export function encodeRecord(id: RecordingId, record: JournalRecord): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.writeBigUInt64LE(BigInt(record.offsetBytes), 0);
  bytes.writeBigUInt64LE(BigInt(record.lengthBytes), 8);
  record.sha256.copy(bytes, 16);
  bytes.writeBigUInt64LE(BigInt(Math.max(0, Math.floor(record.receivedAtMs))), 48);
  bytes[56] = record.covers === 'all' ? 1 : 0;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60), crc32(idBytes(id))), 60);
  return bytes;
}

/** Where the record with this index (from 0) lies in the journal. */
export function journalPosition(index: number): number {
  return (index + 1) * SLOT_BYTES;
}

/** Empty slots to write behind the records from `firstIndex` to before `endIndex`, when they open a new block. */
export function fillingAfter(firstIndex: number, endIndex: number): Buffer {
  const endBytes = journalPosition(endIndex);
  const blockBytes = Math.floor((endBytes - SLOT_BYTES) / JOURNAL_BLOCK_BYTES) * JOURNAL_BLOCK_BYTES;
  const isOpened = journalPosition(firstIndex) <= blockBytes;
  return Buffer.alloc(isOpened ? blockBytes + JOURNAL_BLOCK_BYTES - endBytes : 0);
}

export function decodeJournal(bytes: Buffer, id: RecordingId): JournalContent {
  const origin = decodeOrigin(bytes, id);
  const records: JournalRecord[] = [];
  let isUnbroken = origin !== null;
  let endBytes = 0;
  let claimedBytes = 0;
  for (let at = SLOT_BYTES; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    const record = decodeRecord(bytes.subarray(at, at + SLOT_BYTES), id);
    isUnbroken &&= record !== undefined && record.offsetBytes === endBytes;
    if (record === undefined) continue;
    claimedBytes = Math.max(claimedBytes, record.offsetBytes + record.lengthBytes);
    if (!isUnbroken) continue;
    records.push(record);
    endBytes += record.lengthBytes;
  }
  return { origin, records, claimedBytes };
}

function decodeOrigin(bytes: Buffer, id: RecordingId): JournalOrigin | null {
  if (bytes.length < SLOT_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return null;
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60))) return null;
  if (!bytes.subarray(8, 24).equals(idBytes(id))) return null;
  return ORIGINS[(bytes[32] ?? 0) - 1] ?? null;
}

export function decodeRecord(slot: Buffer, id: RecordingId): JournalRecord | undefined {
  if (slot.readUInt32LE(60) !== crc32(slot.subarray(0, 60), crc32(idBytes(id)))) return undefined;
  const offsetBytes = Number(slot.readBigUInt64LE(0));
  const lengthBytes = Number(slot.readBigUInt64LE(8));
  if (lengthBytes < 1 || !Number.isSafeInteger(offsetBytes + lengthBytes)) return undefined;
  const receivedAtMs = Number(slot.readBigUInt64LE(48));
  const covers = slot[56] === 1 ? 'all' : 'piece';
  return { offsetBytes, lengthBytes, sha256: Buffer.from(slot.subarray(16, 48)), covers, receivedAtMs };
}
