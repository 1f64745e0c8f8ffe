import type { ByteReader } from './byte-reader.ts';

/** What the last pages of an Ogg file tell without FFmpeg (RFC 3533). */
export interface OggOutline {
  /** The file ends inside a page. */
  readonly isCut: boolean;
  /** The last page says that the stream ends there. */
  readonly isEnded: boolean;
}

/** A page has at most 27 bytes of header, 255 of lacing values and 255 x 255 of content. */
const MAX_PAGE_BYTES = 65_307;
const END_OF_STREAM = 4;

export function readOggOutline(reader: ByteReader): OggOutline {
  const tail = reader.copy(Math.max(0, reader.sizeBytes - MAX_PAGE_BYTES), MAX_PAGE_BYTES);
  let at = tail.lastIndexOf('OggS', undefined, 'latin1');
  // The capture pattern may stand in the middle of audio: only a page that fits the end counts as whole.
  for (let tries = 0; at >= 0 && tries < 8; tries += 1) {
    const length = oggPageBytes(tail, at);
    if (length !== undefined && at + length === tail.length) {
      return { isCut: false, isEnded: ((tail[at + 5] ?? 0) & END_OF_STREAM) !== 0 };
    }
    if (at === 0) break;
    at = tail.lastIndexOf('OggS', at - 1, 'latin1');
  }
  return { isCut: true, isEnded: false };
}

/** Length of the page at `offset`, as far as its header is there; the capture pattern is not looked at. */
export function oggPageBytes(bytes: Buffer, offset: number): number | undefined {
  const segmentCount = bytes[offset + 26];
  if (segmentCount === undefined || bytes[offset + 4] !== 0) return undefined;
  if (offset + 27 + segmentCount > bytes.length) return undefined;
  let length = 27 + segmentCount;
  for (let index = 0; index < segmentCount; index += 1) length += bytes[offset + 27 + index] ?? 0;
  return length;
}
