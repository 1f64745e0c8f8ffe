import { oggPageBytes } from './ogg-outline.ts';
import { oggChecksum } from './ogg-pages.ts';
import type { StructureWalk } from './structure-check.ts';

const CAPTURE = 'OggS';
const GRANULE_OFFSET = 6;
const CHECKSUM_OFFSET = 22;
const SEGMENTS_OFFSET = 26;
const HEADER_BYTES = 27;
const NO_CHECKSUM = Buffer.alloc(4);

/**
 * The pages of an Ogg file by their checksums (RFC 3533 section 6). Pages with sound are those that say how much of it
 * has passed. Stops at the first of them unless `bytes` are the whole file.
 */
export function walkOggPages(bytes: Buffer, isWhole: boolean): StructureWalk {
  let soundCount = 0;
  let soundBytes = 0;
  let damagedCount = 0;
  let at = 0;
  while (at < bytes.length && (isWhole || soundCount === 0)) {
    const end = pageEnd(bytes, at);
    if (end !== undefined && isSound(bytes, at, end)) {
      // -1 where no packet ends on the page, 0 on those of the headers.
      const granule = bytes.readBigInt64LE(at + GRANULE_OFFSET);
      if (granule > 0n) soundCount += 1;
      if (granule !== 0n) soundBytes += end - at - HEADER_BYTES - (bytes[at + SEGMENTS_OFFSET] ?? 0);
      at = end;
      continue;
    }
    const isFollowed = end === bytes.length || (end !== undefined && hasCapture(bytes, end));
    const next = isFollowed ? end : bytes.indexOf(CAPTURE, at + 1, 'latin1');
    // What is behind the last page is no page that was damaged: the outline judges the end.
    if (next < 0) break;
    damagedCount += 1;
    at = next;
  }
  return { soundCount, damagedCount, soundBytes };
}

function pageEnd(bytes: Buffer, at: number): number | undefined {
  const length = hasCapture(bytes, at) ? oggPageBytes(bytes, at) : undefined;
  return length === undefined || at + length > bytes.length ? undefined : at + length;
}

function hasCapture(bytes: Buffer, at: number): boolean {
  return bytes.toString('latin1', at, at + CAPTURE.length) === CAPTURE;
}

function isSound(bytes: Buffer, at: number, end: number): boolean {
  const checksumAt = at + CHECKSUM_OFFSET;
  const parts = [bytes.subarray(at, checksumAt), NO_CHECKSUM, bytes.subarray(checksumAt + 4, end)];
  return oggChecksum(parts) === bytes.readUInt32LE(checksumAt);
}
