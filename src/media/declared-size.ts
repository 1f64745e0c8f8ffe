import type { ByteReader } from './byte-reader.ts';

/** A Xing header may be off by a frame or the tag behind the audio. */
const TOLERATED_BYTES = 4096;
const ASF_FILE_PROPERTIES_GUID = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex');

/** True when the Xing or Info header of an MP3 file counts more bytes than follow it. */
export function isMp3Cut(reader: ByteReader): boolean {
  const start = id3v2Bytes(reader);
  const head = reader.copy(start, 8192);
  const tag = Math.max(head.indexOf('Xing', 0, 'latin1'), head.indexOf('Info', 0, 'latin1'));
  if (tag < 0 || tag + 16 > head.length) return false;
  const flags = head.readUInt32BE(tag + 4);
  // Bit 0: number of frames; bit 1: number of bytes, counted from the frame that holds this header.
  if ((flags & 2) === 0) return false;
  const declared = head.readUInt32BE(tag + ((flags & 1) === 0 ? 8 : 12));
  return declared > reader.sizeBytes - start + TOLERATED_BYTES;
}

/** True when the File Properties object of an ASF file (section 3.2) promises a larger file. */
export function isAsfCut(reader: ByteReader): boolean {
  const head = reader.copy(0, 65_536);
  const at = head.indexOf(ASF_FILE_PROPERTIES_GUID);
  if (at < 0 || at + 48 > head.length) return false;
  return head.readBigUInt64LE(at + 40) > BigInt(reader.sizeBytes);
}

/** Length of the ID3v2 tag a file begins with, 0 without one. */
export function id3v2Bytes(reader: ByteReader): number {
  const head = reader.copy(0, 10);
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return 0;
  return 10 + readSevenBitSize(head, 6);
}

/** Four bytes, of whose bits the highest count nothing (ID3v2.4 structure, section 6.2). */
export function readSevenBitSize(bytes: Buffer, offset: number): number {
  let size = 0;
  for (const byte of bytes.subarray(offset, offset + 4)) size = size * 128 + (byte & 0x7f);
  return size;
}
