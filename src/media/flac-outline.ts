import { crc16, readFlacFrameHeader } from '../model/flac-frame.ts';
import type { ByteReader } from './byte-reader.ts';
import { FLAC_HEAD_BYTES, parseFlacHead } from './flac-head.ts';

/** What STREAMINFO and the last frame of a FLAC file tell without decoding (RFC 9639). */
export interface FlacOutline {
  /** Null when the header does not know, as in recordings that were streamed or broken off. */
  readonly declaredSamples: number | null;
  /** End of the last frame by its own number; null when there is none near the end, or its number says no place. */
  readonly lastSample: number | null;
  /** The last frame reaches the end of the file and its checksum is right. */
  readonly isLastFrameWhole: boolean;
}

/** Room for the last frame of nearly every file; where it is not found in it, for that of any. */
const TAIL_BYTES = [32_768, 262_144];
const ID3V1_BYTES = 128;

/** Undefined when the file does not start with `fLaC` and STREAMINFO (section 8.2). */
export function readFlacOutline(reader: ByteReader): FlacOutline | undefined {
  const head = parseFlacHead(reader.copy(0, FLAC_HEAD_BYTES));
  if (head === undefined) return undefined;
  let end: FlacEnd = { lastSample: null, isLastFrameWhole: false };
  for (const tailBytes of TAIL_BYTES) {
    // Frame numbers count blocks of one size: a header that leaves it open leaves the place open.
    end = readEnd(readTail(reader, tailBytes), head.fixedBlockSamples);
    if (end.isLastFrameWhole) break;
  }
  return { declaredSamples: head.totalSamples, ...end };
}

type FlacEnd = Pick<FlacOutline, 'lastSample' | 'isLastFrameWhole'>;

function readEnd(tail: Buffer, fixedBlockSamples: number | null): FlacEnd {
  const frame = findLastFrame(tail, fixedBlockSamples);
  const isLastFrameWhole = frame !== undefined && crc16(tail, frame.offset, tail.length) === 0;
  return { lastSample: frame?.endSample ?? null, isLastFrameWhole };
}

function readTail(reader: ByteReader, tailBytes: number): Buffer {
  const start = Math.max(FLAC_HEAD_BYTES, reader.sizeBytes - tailBytes);
  return withoutId3v1(reader.copy(start, reader.sizeBytes - start));
}

/** The end of a file without the tag that some programs put behind the last frame. */
export function withoutId3v1(bytes: Buffer): Buffer {
  const tagOffset = bytes.length - ID3V1_BYTES;
  const hasTag = bytes.toString('latin1', tagOffset, tagOffset + 3) === 'TAG';
  return hasTag ? bytes.subarray(0, tagOffset) : bytes;
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
