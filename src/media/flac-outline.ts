import { crc16, readFlacFrameHeader } from '../model/flac-frame.ts';
import type { ByteReader } from './byte-reader.ts';

/** What STREAMINFO and the last frame of a FLAC file tell without decoding (RFC 9639). */
export interface FlacOutline {
  /** Null when the header does not know, as in recordings that were streamed or broken off. */
  readonly declaredSamples: number | null;
  /** End of the last frame by its own number; null when there is none near the end, or its number says no place. */
  readonly lastSample: number | null;
  /** The last frame reaches the end of the file and its checksum is right. */
  readonly isLastFrameWhole: boolean;
}

/** The format as STREAMINFO says it. */
export interface FlacFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number;
}

/** Room for the last frame of nearly every file; where it is not found in it, for that of any. */
const TAIL_BYTES = [32_768, 262_144];
const ID3V1_BYTES = 128;

/** Undefined when the file does not start with `fLaC` and STREAMINFO (section 8.2). */
export function readFlacOutline(reader: ByteReader): FlacOutline | undefined {
  const head = readHead(reader);
  if (head === undefined) return undefined;
  const minBlockSamples = head.readUInt16BE(8);
  const maxBlockSamples = head.readUInt16BE(10);
  // Frame numbers count blocks of one size: a header that leaves it open leaves the place open.
  const blockSamples = minBlockSamples === maxBlockSamples ? maxBlockSamples : null;
  // Total samples: the low 36 bits of the 8 bytes that also hold rate, channels and depth.
  const total = ((head[21] ?? 0) & 0x0f) * 2 ** 32 + head.readUInt32BE(22);
  let end: FlacEnd = { lastSample: null, isLastFrameWhole: false };
  for (const tailBytes of TAIL_BYTES) {
    end = readEnd(readTail(reader, tailBytes), blockSamples);
    if (end.isLastFrameWhole) break;
  }
  return { declaredSamples: total === 0 ? null : total, ...end };
}

type FlacEnd = Pick<FlacOutline, 'lastSample' | 'isLastFrameWhole'>;

function readEnd(tail: Buffer, fixedBlockSamples: number | null): FlacEnd {
  const frame = findLastFrame(tail, fixedBlockSamples);
  const isLastFrameWhole = frame !== undefined && crc16(tail, frame.offset, tail.length) === 0;
  return { lastSample: frame?.endSample ?? null, isLastFrameWhole };
}

/** Undefined like the outline. */
export function readFlacFormat(reader: ByteReader): FlacFormat | undefined {
  const packed = readHead(reader)?.readUInt32BE(18);
  if (packed === undefined) return undefined;
  return {
    sampleRateHz: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitDepth: ((packed >>> 4) & 31) + 1,
  };
}

function readHead(reader: ByteReader): Buffer | undefined {
  const head = reader.copy(0, 42);
  const isFlac = head.length === 42 && head.toString('latin1', 0, 4) === 'fLaC';
  return isFlac && ((head[4] ?? 0) & 0x7f) === 0 ? head : undefined;
}

function readTail(reader: ByteReader, tailBytes: number): Buffer {
  const start = Math.max(42, reader.sizeBytes - tailBytes);
  const tail = reader.copy(start, reader.sizeBytes - start);
  const hasId3v1 =
    tail.toString('latin1', tail.length - ID3V1_BYTES, tail.length - ID3V1_BYTES + 3) === 'TAG';
  return hasId3v1 ? tail.subarray(0, tail.length - ID3V1_BYTES) : tail;
}

function findLastFrame(tail: Buffer, fixedBlockSamples: number | null) {
  let at = tail.length - 5;
  while (at > 0) {
    at = tail.lastIndexOf(0xff, at - 1);
    const header = readFlacFrameHeader(tail, at);
    if (header === undefined) continue;
    const { isVariable, codedNumber, blockSamples } = header;
    const unitSamples = isVariable ? 1 : fixedBlockSamples;
    return { offset: at, endSample: unitSamples === null ? null : codedNumber * unitSamples + blockSamples };
  }
  return undefined;
}
