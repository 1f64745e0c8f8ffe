import type { ByteReader } from './byte-reader.ts';

/** What the top-level boxes of an MP4, M4A, MOV or 3GP file tell without FFmpeg (ISO/IEC 14496-12). */
export interface Mp4Outline {
  /** The major brand, trimmed: `M4A`, `isom`, `3gp4`, `qt`. */
  readonly brand: string;
  /** Made of fragments, whose lengths no header sums up. */
  readonly isFragmented: boolean;
  /** There is a whole `moov` box, without which nothing can be played. */
  readonly hasMovie: boolean;
  /** The last box ends after the file does. */
  readonly isCut: boolean;
  /** Where the first fragment (`moof`) begins; null without one. */
  readonly fragmentsOffset: number | null;
  /** The contents of all `mdat` boxes, as far as the file goes. */
  readonly media: readonly { readonly offset: number; readonly sizeBytes: number }[];
}

const MAX_BOXES = 200_000;

export function readMp4Outline(reader: ByteReader): Mp4Outline {
  let brand = '';
  let fragmentsOffset: number | null = null;
  const media: { offset: number; sizeBytes: number }[] = [];
  let hasMovie = false;
  let isCut = false;
  let offset = 0;
  for (let count = 0; count < MAX_BOXES && offset + 8 <= reader.sizeBytes; count += 1) {
    const header = reader.view(offset, 16);
    const type = header.toString('latin1', 4, 8);
    let sizeBytes = header.readUInt32BE(0);
    const isLong = sizeBytes === 1 && header.length === 16;
    if (isLong) sizeBytes = Number(header.readBigUInt64BE(8));
    // Size 0: to the end of the file.
    if (sizeBytes === 0) sizeBytes = reader.sizeBytes - offset;
    if (type === 'ftyp') brand = header.toString('latin1', 8, 12).trim();
    if (type === 'moof') fragmentsOffset ??= offset;
    if (sizeBytes < 8) break;
    const end = offset + sizeBytes;
    if (type === 'moov') hasMovie ||= end <= reader.sizeBytes;
    if (type === 'mdat') {
      const content = offset + (isLong ? 16 : 8);
      media.push({ offset: content, sizeBytes: Math.max(0, Math.min(end, reader.sizeBytes) - content) });
    }
    offset = end;
    if (offset > reader.sizeBytes) isCut = true;
  }
  return { brand, isFragmented: fragmentsOffset !== null, hasMovie, isCut, fragmentsOffset, media };
}
