import { VoiceRecorderError } from '../model/failure.ts';
import type { ByteReader } from './byte-reader.ts';

/** Boxes on the way to the tables of samples (ISO/IEC 14496-12 section 6.2.3). */
const WAY: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf']);
const TOP_LEVEL = /^(ftyp|moov|mdat|moof|wide|skip|free|pnot)$/;
const MAX_BOXES = 20_000;
/** So many cost FFmpeg some 40 MB, and are six hours of AAC. */
const HARMLESS_SAMPLES = 1_000_000;

/**
 * FFmpeg makes room for as many samples as an MP4 file claims, before it reads one. Throws `audio-impossible-format` for a
 * file that claims more than it has bytes. Plain samples (each of them lasts one unit) it counts by chunks.
 */
export function requirePossibleTables(reader: ByteReader): void {
  if (!TOP_LEVEL.test(reader.view(4, 4).toString('latin1'))) return;
  const limit = Math.max(HARMLESS_SAMPLES, reader.sizeBytes);
  let boxesLeft = MAX_BOXES;
  const walk = (start: number, end: number): void => {
    let sampleCount = 0;
    let isPlain = false;
    for (let offset = start; offset + 8 <= end && boxesLeft > 0; boxesLeft -= 1) {
      const head = reader.view(offset, 24);
      const type = head.toString('latin1', 4, 8);
      const isLong = head.length >= 16 && head.readUInt32BE(0) === 1;
      const declared = isLong ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
      // 0: to the end of what it lies in.
      const boxEnd = declared === 0 ? end : Math.min(end, offset + declared);
      const content = offset + (isLong ? 16 : 8);
      // Version and flags, size of all samples or 0, number of samples.
      if (type === 'stsz' && head.length >= 20) sampleCount = head.readUInt32BE(16);
      // Of a fragment; version and flags, number of samples.
      if (type === 'trun' && head.length >= 16) sampleCount = head.readUInt32BE(12);
      if (type === 'stts') isPlain = isOneUnitEach(reader.copy(content, 16));
      if (WAY.has(type)) walk(content, boxEnd);
      if (boxEnd < offset + 8) break;
      offset = boxEnd;
    }
    if (sampleCount > limit && !isPlain) {
      throw new VoiceRecorderError(
        'audio-impossible-format',
        `The header claims ${sampleCount} pieces of audio in a file of ${reader.sizeBytes} bytes.`,
      );
    }
  };
  walk(0, reader.sizeBytes);
}

/** Version and flags, number of entries, and of the first: how many samples, how long each. */
function isOneUnitEach(table: Buffer): boolean {
  return table.length === 16 && table.readUInt32BE(4) === 1 && table.readUInt32BE(12) === 1;
}
