import type { ByteReader } from './byte-reader.ts';
import { crc8, crc16 } from './flac-checksums.ts';

/** What STREAMINFO and the last frame of a FLAC file tell without decoding (RFC 9639). */
export interface FlacOutline {
  /** Null when the header does not know, as in recordings that were streamed or broken off. */
  readonly declaredSamples: number | null;
  /** End of the last frame by its own number; null when no frame was found near the end. */
  readonly lastSample: number | null;
  /** The last frame reaches the end of the file and its checksum is right. */
  readonly isLastFrameWhole: boolean;
}

const MAX_TAIL_BYTES = 262_144;
const ID3V1_BYTES = 128;

/** Undefined when the file does not start with `fLaC` and STREAMINFO (section 8.2). */
export function readFlacOutline(reader: ByteReader): FlacOutline | undefined {
  const head = reader.copy(0, 42);
  if (head.length < 42 || head.toString('latin1', 0, 4) !== 'fLaC' || ((head[4] ?? 0) & 0x7f) !== 0)
    return undefined;
  const maxBlockSamples = head.readUInt16BE(10);
  // Total samples: the low 36 bits of the 8 bytes that also hold rate, channels and depth.
  const total = ((head[21] ?? 0) & 0x0f) * 2 ** 32 + head.readUInt32BE(22);
  const tail = readTail(reader);
  const frame = findLastFrame(tail, maxBlockSamples);
  return {
    declaredSamples: total === 0 ? null : total,
    lastSample: frame?.endSample ?? null,
    isLastFrameWhole: frame !== undefined && crc16(tail, frame.offset, tail.length) === 0,
  };
}

function readTail(reader: ByteReader): Buffer {
  const start = Math.max(42, reader.sizeBytes - MAX_TAIL_BYTES);
  const tail = reader.copy(start, reader.sizeBytes - start);
  const hasId3v1 =
    tail.toString('latin1', tail.length - ID3V1_BYTES, tail.length - ID3V1_BYTES + 3) === 'TAG';
  return hasId3v1 ? tail.subarray(0, tail.length - ID3V1_BYTES) : tail;
}

function findLastFrame(tail: Buffer, maxBlockSamples: number) {
  for (let at = tail.length - 6; at >= 0; at -= 1) {
    if (tail[at] !== 0xff || ((tail[at + 1] ?? 0) & 0xfe) !== 0xf8) continue;
    const endSample = readFrameEnd(tail, at, maxBlockSamples);
    if (endSample !== undefined) return { offset: at, endSample };
  }
  return undefined;
}

/** Sample number after the frame whose header stands at `at`; undefined when it is no header (section 9.1). */
function readFrameEnd(bytes: Buffer, at: number, maxBlockSamples: number): number | undefined {
  const sizeCode = (bytes[at + 2] ?? 0) >> 4;
  const rateCode = (bytes[at + 2] ?? 0) & 0x0f;
  if (sizeCode === 0 || rateCode === 15 || (bytes[at + 3] ?? 1) & 1) return undefined;
  const coded = readCodedNumber(bytes, at + 4);
  if (coded === undefined) return undefined;
  let next = at + 4 + coded.length;
  let blockSamples = blockSize(sizeCode);
  if (sizeCode === 6) blockSamples = (bytes[next++] ?? 0) + 1;
  if (sizeCode === 7) {
    blockSamples = (bytes[next] ?? 0) * 256 + (bytes[next + 1] ?? 0) + 1;
    next += 2;
  }
  next += rateCode === 12 ? 1 : rateCode >= 13 ? 2 : 0;
  if (next >= bytes.length || crc8(bytes, at, next) !== bytes[next]) return undefined;
  const isVariable = ((bytes[at + 1] ?? 0) & 1) === 1;
  return (isVariable ? coded.value : coded.value * maxBlockSamples) + blockSamples;
}

function blockSize(code: number): number {
  if (code === 1) return 192;
  return code <= 5 ? 576 << (code - 2) : 256 << (code - 8);
}

/** The number coded like UTF-8, of up to 7 bytes (section 9.1.5). */
function readCodedNumber(bytes: Buffer, at: number): { value: number; length: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, length: 1 };
  const length = Math.clz32(~first << 24);
  if (length < 2 || length > 7) return undefined;
  let value = first & (0x7f >> length);
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, length };
}
