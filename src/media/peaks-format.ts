/**
 * A peaks file (`peaks.vpk`), all numbers little-endian:
 * bytes 0-3 `VRPK`; 4-5 version (1); 6-7 bytes of this header (32); 8-11 sample rate in Hz; 12-15 pairs per second;
 * 16-23 length in samples of one channel; 24-27 number of pairs; 28-31 zero.
 * Then the pairs: smallest and largest sample of all channels in one hundredth of a second, each a signed
 * 16-bit number. Pair `i` covers the samples from floor(i * rate / 100) up to floor((i + 1) * rate / 100).
 */
export const PAIRS_PER_SECOND = 100;
export const PEAKS_HEADER_BYTES = 32;
export const PAIR_BYTES = 4;
const MAGIC = 'VRPK';
const VERSION = 1;

export interface PeaksHeader {
  readonly sampleRateHz: number;
  readonly pairsPerSecond: number;
  readonly sampleCount: number;
  readonly pairCount: number;
}

export function encodePeaksHeader(header: PeaksHeader): Buffer {
  const bytes = Buffer.alloc(PEAKS_HEADER_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt16LE(VERSION, 4);
  bytes.writeUInt16LE(PEAKS_HEADER_BYTES, 6);
  bytes.writeUInt32LE(header.sampleRateHz, 8);
  bytes.writeUInt32LE(header.pairsPerSecond, 12);
  bytes.writeBigUInt64LE(BigInt(header.sampleCount), 16);
  bytes.writeUInt32LE(header.pairCount, 24);
  return bytes;
}

/** Undefined when the bytes are no header of version 1 or contradict `fileBytes`. */
export function decodePeaksHeader(bytes: Buffer, fileBytes: number): PeaksHeader | undefined {
  if (bytes.length < PEAKS_HEADER_BYTES || bytes.toString('latin1', 0, 4) !== MAGIC) return undefined;
  const header = {
    sampleRateHz: bytes.readUInt32LE(8),
    pairsPerSecond: bytes.readUInt32LE(12),
    sampleCount: Number(bytes.readBigUInt64LE(16)),
    pairCount: bytes.readUInt32LE(24),
  };
  const isSound =
    bytes.readUInt16LE(4) === VERSION &&
    header.sampleRateHz > 0 &&
    header.pairsPerSecond > 0 &&
    fileBytes === PEAKS_HEADER_BYTES + header.pairCount * PAIR_BYTES;
  return isSound ? header : undefined;
}
