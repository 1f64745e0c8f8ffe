import { type MpegHeader, readMpegHeader, STEADY_BITS } from './mpeg-frame.ts';
import type { StructureWalk } from './structure-check.ts';

/** So many frames, each where the one before it ends, are no accident. */
const FRAMES_IN_A_ROW = 3;
/** Tags between two files that were joined: ID3v2, ID3v1, APE, Lyrics3. */
const TAG = /^(ID3|TAG|APET|LYRI)/;

/**
 * The frames of an MP3 file from its first byte of audio on, each where the one before it ends. Bytes between two frames
 * that are neither frame nor tag count as one that is damaged, and so does a last one that was cut off.
 * Stops at the first frame unless `bytes` are all of the audio.
 */
export function walkMpegFrames(bytes: Buffer, isWhole: boolean): StructureWalk {
  let soundCount = 0;
  let soundBytes = 0;
  let soundSeconds = 0;
  let damagedCount = 0;
  let at = 0;
  while (at < bytes.length && (isWhole || soundCount === 0)) {
    const header = headerAt(bytes, at);
    if (header === undefined) {
      const next = findFrames(bytes, at + 1);
      const isTag = TAG.test(bytes.toString('latin1', at, at + 4));
      if (next !== undefined && soundCount > 0 && !isTag) damagedCount += 1;
      at = next ?? bytes.length;
      continue;
    }
    const end = at + header.frameBytes;
    if (end <= bytes.length) {
      soundCount += 1;
      soundBytes += header.frameBytes;
      soundSeconds += header.samples / header.sampleRateHz;
    } else if (soundCount > 0) damagedCount += 1;
    at = end;
  }
  return { soundCount, damagedCount, soundBytes, soundSeconds };
}

function findFrames(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (startsFrames(bytes, at)) return at;
  }
  return undefined;
}

function startsFrames(bytes: Buffer, start: number): boolean {
  let at = start;
  for (let count = 0; count < FRAMES_IN_A_ROW; count += 1) {
    const header = headerAt(bytes, at);
    if (header === undefined) return false;
    if (((bytes.readInt32BE(at) ^ bytes.readInt32BE(start)) & STEADY_BITS) !== 0) return false;
    at += header.frameBytes;
    if (at === bytes.length) return true;
  }
  return true;
}

function headerAt(bytes: Buffer, at: number): MpegHeader | undefined {
  return bytes[at] === 0xff && at + 4 <= bytes.length
    ? readMpegHeader(bytes.subarray(at, at + 4))
    : undefined;
}
