import { truncateSync, writeFileSync } from 'node:fs';
import { makeChunk, makeWav } from './audio-fixtures.ts';

/**
 * Writes an RF64 file (EBU Tech 3306) of 16-bit stereo silence at 48 kHz that takes no room on the disk, as file systems
 * leave out what was never written. Returns its size.
 */
export function writeSparseWav(path: string, seconds: number): number {
  const dataBytes = seconds * 48_000 * 4;
  const head = makeWav({ seconds: 0, sampleRateHz: 48_000, channels: 2, declaredBytes: 0xffff_ffff });
  const ds64 = Buffer.alloc(28);
  const bytes = Buffer.concat([head.subarray(0, 12), makeChunk('ds64', ds64), head.subarray(12)]);
  // Sizes of 64 bits: of what follows the first eight bytes, and of the samples.
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8 + dataBytes), 20);
  bytes.writeBigUInt64LE(BigInt(dataBytes), 28);
  bytes.writeBigUInt64LE(BigInt(dataBytes / 4), 36);
  bytes.write('RF64', 0, 'latin1');
  bytes.writeUInt32LE(0xffff_ffff, 4);
  writeFileSync(path, bytes);
  truncateSync(path, bytes.length + dataBytes);
  return bytes.length + dataBytes;
}
