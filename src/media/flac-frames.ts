import {
  addToCrc16,
  crc16,
  type FlacFrameHeader,
  LONGEST_FLAC_HEADER_BYTES,
  readFlacFrameHeader,
} from '../model/flac-frame.ts';
import { readFully } from './byte-reader.ts';
import { flacFrameBytes } from './flac-frame-length.ts';
import { FLAC_HEAD_BYTES, type FlacHead, parseFlacHead } from './flac-head.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible } from './join-parts.ts';

/** STREAMINFO, and where the frames begin. */
export interface FlacStreamInfo extends FlacHead {
  readonly framesOffset: number;
}

/** A frame whose checksums are right; `bytes` are valid only until the next one is asked for. */
export interface FlacFrame {
  readonly header: FlacFrameHeader;
  readonly bytes: Buffer;
}

const READ_BYTES = 4 * 1024 * 1024;

export function readStreamInfo(file: GuardedFile): FlacStreamInfo {
  const bytes = Buffer.alloc(FLAC_HEAD_BYTES);
  const head = parseFlacHead(bytes.subarray(0, readFully(file.descriptor, bytes, 0)));
  if (head === undefined) throw new CopyImpossible('The file does not begin with a FLAC header.');
  let framesOffset = 0;
  for (const { end } of readMetadataBlocks(file)) framesOffset = end;
  return { ...head, framesOffset };
}

/** A metadata block (section 8.1), its head included. */
interface FlacMetadataBlock {
  readonly type: number;
  readonly offset: number;
  readonly end: number;
}

/** Throws {@link CopyImpossible} when there is no last one. */
export function* readMetadataBlocks(file: GuardedFile): Generator<FlacMetadataBlock> {
  const head = Buffer.alloc(4);
  let offset = 4;
  for (let isLast = false; !isLast; ) {
    if (readFully(file.descriptor, head, offset) < 4) throw new CopyImpossible('The FLAC header is cut.');
    const first = head[0] ?? 0;
    isLast = (first & 0x80) !== 0;
    const end = offset + 4 + head.readUIntBE(1, 3);
    yield { type: first & 0x7f, offset, end };
    offset = end;
  }
}

/** Bytes between frames, or behind the last one, that are no frame. */
export interface FlacDamage {
  readonly damagedBytes: number;
}

/**
 * The frames of a file, found by their checksums alone: FLAC says nowhere how long a frame is. A last frame that was
 * cut off is left out. Throws {@link CopyImpossible} where damage lies between sound frames.
 */
export function* readFlacFrames(file: GuardedFile, info: FlacStreamInfo): Generator<FlacFrame> {
  let isDamaged = false;
  for (const piece of scanFlacFrames(file, info)) {
    if ('damagedBytes' in piece) isDamaged = true;
    else if (isDamaged) throw new CopyImpossible('A FLAC frame is damaged.');
    else yield piece;
  }
}

/** All sound frames of a file, and what lies between them instead of one. */
export function* scanFlacFrames(file: GuardedFile, info: FlacStreamInfo): Generator<FlacFrame | FlacDamage> {
  const largest = largestFrameBytes(info);
  const buffer = Buffer.allocUnsafe(Math.max(READ_BYTES, 2 * largest));
  let filePosition = info.framesOffset;
  let start = 0;
  let end = 0;
  let isFileRead = false;
  let damagedBytes = 0;
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
    if (start === end) break;
    const bytes = buffer.subarray(start, end);
    const frame = wholeFrame(bytes, info, Math.min(bytes.length, largest), isFileRead);
    if (frame === undefined) {
      const skipped = nextSyncCode(bytes);
      damagedBytes += skipped;
      start += skipped;
      continue;
    }
    if (damagedBytes > 0) yield { damagedBytes };
    damagedBytes = 0;
    yield frame;
    start += frame.bytes.length;
  }
  if (damagedBytes > 0) yield { damagedBytes };
}

function wholeFrame(
  bytes: Buffer,
  info: FlacStreamInfo,
  limit: number,
  isFileRead: boolean,
): FlacFrame | undefined {
  const header = readFlacFrameHeader(bytes, 0);
  if (header === undefined || frameChannels(bytes, 0) !== info.channels) return undefined;
  const end = findFrameEnd(bytes, limit, isFileRead) ?? measureFrame(bytes.subarray(0, limit), header, info);
  return end === undefined ? undefined : { header, bytes: bytes.subarray(0, end) };
}

/** The frame's end where what follows it is damaged, so that nothing else tells. */
function measureFrame(bytes: Buffer, header: FlacFrameHeader, info: FlacStreamInfo): number | undefined {
  const length = flacFrameBytes(bytes, 0, header, info);
  return length !== undefined && crc16(bytes, 0, length) === 0 ? length : undefined;
}

/** Where behind the first byte a frame may begin again; the length when nowhere. */
function nextSyncCode(bytes: Buffer): number {
  const at = bytes.indexOf(0xff, 1);
  return at < 0 ? bytes.length : at;
}

/** The first place where the frame's checksum comes out right and a next frame, or nothing, follows. */
function findFrameEnd(bytes: Buffer, limit: number, isFileRead: boolean): number | undefined {
  let crc = 0;
  for (let at = 0; at < limit; at += 1) {
    // Over a whole frame with its checksum the remainder is zero (RFC 9639 section 9.3).
    if (crc === 0 && at > 0 && readFlacFrameHeader(bytes, at) !== undefined) return at;
    crc = addToCrc16(crc, bytes[at] ?? 0);
  }
  return crc === 0 && isFileRead && limit === bytes.length ? limit : undefined;
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
