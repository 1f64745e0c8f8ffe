import { addToCrc16, readFlacFrameHeader } from '../model/flac-frame.ts';
import { withoutId3v1 } from './flac-outline.ts';
import type { StructureWalk } from './structure-check.ts';

/** What looks like a header within a frame is an accident of one byte in millions: after so many the frame is damaged. */
const MAX_FALSE_HEADERS = 4;

/**
 * The frames of a FLAC file by their checksums (RFC 9639 section 9.3); damage counts once until the next sound frame.
 * Stops at the first sound frame unless `bytes` are the whole file.
 */
export function walkFlacFrames(bytes: Buffer, isWhole: boolean): StructureWalk {
  const end = (isWhole ? withoutId3v1(bytes) : bytes).length;
  let soundCount = 0;
  let soundBytes = 0;
  let damagedCount = 0;
  let isInDamage = false;
  let at = framesOffset(bytes);
  while (at < end && (isWhole || soundCount === 0)) {
    const next = frameEnd(bytes, at, end);
    if (next !== undefined) {
      soundCount += 1;
      soundBytes += next - at;
      isInDamage = false;
      at = next;
      continue;
    }
    at = nextHeader(bytes, at + 1, end);
    // What is behind the last frame is no frame that was damaged: the outline judges the end.
    if (at < end && !isInDamage) damagedCount += 1;
    isInDamage = true;
  }
  return { soundCount, damagedCount, soundBytes };
}

/** Behind the metadata blocks (section 8.1); the length of `bytes` when they end before. */
function framesOffset(bytes: Buffer): number {
  let at = 4;
  while (at + 4 <= bytes.length) {
    const isLast = ((bytes[at] ?? 0) & 0x80) !== 0;
    at += 4 + bytes.readUIntBE(at + 1, 3);
    if (isLast) return Math.min(at, bytes.length);
  }
  return bytes.length;
}

/** Where the frame at `at` ends: before a next header or at the end, with its checksum right. */
function frameEnd(bytes: Buffer, at: number, end: number): number | undefined {
  if (readFlacFrameHeader(bytes, at) === undefined) return undefined;
  let crc = 0;
  let done = at;
  for (let tries = 0; tries < MAX_FALSE_HEADERS && done < end; tries += 1) {
    const next = nextHeader(bytes, done + 1, end);
    for (; done < next; done += 1) crc = addToCrc16(crc, bytes[done] ?? 0);
    if (crc === 0) return next;
  }
  return undefined;
}

function nextHeader(bytes: Buffer, from: number, end: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at < end; at = bytes.indexOf(0xff, at + 1)) {
    if (readFlacFrameHeader(bytes, at) !== undefined) return at;
  }
  return end;
}
