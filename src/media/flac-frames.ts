import {
  addToCrc16,
  type FlacFrameHeader,
  LONGEST_FLAC_HEADER_BYTES,
  readFlacFrameHeader,
} from '../model/flac-frame.ts';
import { readFully } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible } from './join-parts.ts';

/** STREAMINFO (RFC 9639 section 8.2), and where the frames begin. */
export interface FlacStreamInfo {
  /** Its 34 bytes. */
  readonly content: Buffer;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number;
  readonly maxBlockSamples: number;
  readonly framesOffset: number;
}

/** A frame whose checksums are right; `bytes` are valid only until the next one is asked for. */
export interface FlacFrame {
  readonly header: FlacFrameHeader;
  readonly bytes: Buffer;
}

export const STREAMINFO_BYTES = 34;
const READ_BYTES = 4 * 1024 * 1024;

export function readStreamInfo(file: GuardedFile): FlacStreamInfo {
  const head = Buffer.alloc(8 + STREAMINFO_BYTES);
  const length = readFully(file.descriptor, head, 0);
  if (length < head.length || head.toString('latin1', 0, 4) !== 'fLaC' || ((head[4] ?? 0) & 0x7f) !== 0)
    throw new CopyImpossible('The file does not begin with a FLAC header.');
  const content = head.subarray(8);
  const packed = content.readUInt32BE(10);
  return {
    content,
    sampleRateHz: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitDepth: ((packed >>> 4) & 31) + 1,
    maxBlockSamples: content.readUInt16BE(2),
    framesOffset: skipMetadata(file),
  };
}

function skipMetadata(file: GuardedFile): number {
  const head = Buffer.alloc(4);
  let offset = 4;
  let isLast = false;
  while (!isLast) {
    if (readFully(file.descriptor, head, offset) < 4) throw new CopyImpossible('The FLAC header is cut.');
    isLast = ((head[0] ?? 0) & 0x80) !== 0;
    offset += 4 + head.readUIntBE(1, 3);
  }
  return offset;
}

/**
 * The frames of a file, found by their checksums alone: FLAC says nowhere how long a frame is. A last frame that was
 * cut off is left out. Throws {@link CopyImpossible} where damage lies between sound frames.
 */
export function* readFlacFrames(file: GuardedFile, info: FlacStreamInfo): Generator<FlacFrame> {
  const largest = largestFrameBytes(info);
  const buffer = Buffer.allocUnsafe(Math.max(READ_BYTES, 2 * largest));
  let filePosition = info.framesOffset;
  let start = 0;
  let end = 0;
  let isFileRead = false;
  for (;;) {
    if (!isFileRead && end - start < largest + LONGEST_FLAC_HEADER_BYTES) {
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
      const count = readFully(file.descriptor, buffer.subarray(end), filePosition);
      filePosition += count;
      end += count;
      isFileRead = end < buffer.length;
    }
    if (start === end) return;
    const bytes = buffer.subarray(start, end);
    const header = readFlacFrameHeader(bytes, 0);
    const frameEnd = header && findFrameEnd(bytes, 0, Math.min(bytes.length, largest), isFileRead);
    if (header === undefined || frameEnd === undefined) {
      if (isFileRead && !hasFurtherFrame(bytes, info)) return;
      throw new CopyImpossible('A FLAC frame is damaged.');
    }
    if (frameChannels(bytes, 0) !== info.channels)
      throw new CopyImpossible('The number of channels changes.');
    yield { header, bytes: bytes.subarray(0, frameEnd) };
    start += frameEnd;
  }
}

/** The first place behind `start` where the frame's checksum comes out right and a next frame, or nothing, follows. */
function findFrameEnd(bytes: Buffer, start: number, limit: number, isFileRead: boolean): number | undefined {
  let crc = 0;
  for (let at = start; at < limit; at += 1) {
    // Over a whole frame with its checksum the remainder is zero (RFC 9639 section 9.3).
    if (crc === 0 && at > start && readFlacFrameHeader(bytes, at) !== undefined) return at;
    crc = addToCrc16(crc, bytes[at] ?? 0);
  }
  return crc === 0 && isFileRead && limit === bytes.length ? limit : undefined;
}

function hasFurtherFrame(bytes: Buffer, info: FlacStreamInfo): boolean {
  for (let at = 1; at < bytes.length; at += 1) {
    const isHeader =
      readFlacFrameHeader(bytes, at) !== undefined && frameChannels(bytes, at) === info.channels;
    if (isHeader && findFrameEnd(bytes, at, bytes.length, true) !== undefined) return true;
  }
  return false;
}

/** From the channel assignment (section 9.1.3): 8 to 10 are kinds of stereo. */
function frameChannels(bytes: Buffer, at: number): number {
  const code = (bytes[at + 3] ?? 0) >> 4;
  return code < 8 ? code + 1 : 2;
}

/** A frame whose samples are not compressed at all, which no encoder exceeds, and some room. */
function largestFrameBytes(info: FlacStreamInfo): number {
  const samples = Math.max(info.maxBlockSamples, 16) * info.channels;
  return Math.ceil((samples * (info.bitDepth + 1)) / 8) + 1024;
}
