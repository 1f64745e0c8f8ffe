import { VoiceRecorderError } from '../model/failure.ts';
import { ByteReader, readFully } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { readMp4Outline } from './mp4-outline.ts';
import { NewFile } from './new-file.ts';

const COPY_BYTES = 1024 * 1024;
/** A header of a fragment lists some seconds of packets. */
const MAX_HEADER_BYTES = 16 * COPY_BYTES;
/** Of `tfhd` (ISO/IEC 14496-12 section 8.8.7): where its data are counted from. */
const HAS_BASE_OFFSET = 1;

/**
 * Writes the beginning of `like`, which says how the sound is coded, and the fragments of `file` from `fragmentsOffset` on
 * to the new file `outputPath`. Throws `repair-impossible` when `like` does not consist of fragments.
 */
export function joinFragments(
  file: GuardedFile,
  fragmentsOffset: number,
  like: GuardedFile,
  outputPath: string,
): void {
  const example = readMp4Outline(new ByteReader(like.descriptor, like.sizeBytes));
  if (!example.hasMovie || example.fragmentsOffset === null) {
    throw new VoiceRecorderError(
      'repair-impossible',
      'The file consists of fragments: expected a recording with --like that does, too, made by the same recorder.',
    );
  }
  const output = new NewFile(outputPath);
  try {
    copyRange(like, 0, example.fragmentsOffset, output);
    const reader = new ByteReader(file.descriptor, file.sizeBytes);
    for (let at = fragmentsOffset; at + 8 <= file.sizeBytes; ) {
      const head = reader.view(at, 16);
      const type = head.toString('latin1', 4, 8);
      const declared = head.readUInt32BE(0);
      const isLong = declared === 1 && head.length === 16;
      const sizeBytes = isLong ? Number(head.readBigUInt64BE(8)) : declared || file.sizeBytes - at;
      if (sizeBytes < 8) break;
      const end = Math.min(file.sizeBytes, at + sizeBytes);
      if (type === 'moof' && end - at <= MAX_HEADER_BYTES) {
        const header = reader.copy(at, end - at);
        moveBaseOffsets(header, output.sizeBytes);
        output.write(header);
      } else copyRange(file, at, end, output);
      at = end;
    }
    output.finish();
  } finally {
    output.close();
  }
}

/** Places in the file that a `moof` box names move with it; they count from its own beginning in what recorders write. */
function moveBaseOffsets(header: Buffer, newOffset: number): void {
  let firstBase: bigint | undefined;
  for (const fragment of boxesIn(header, 8, header.length, 'traf')) {
    for (const box of boxesIn(header, fragment.start, fragment.end, 'tfhd')) {
      const hasBase = box.start + 16 <= box.end && ((header[box.start + 3] ?? 0) & HAS_BASE_OFFSET) !== 0;
      if (!hasBase) continue;
      // Version and flags, the track's number, then the place.
      const base = header.readBigUInt64BE(box.start + 8);
      firstBase ??= base;
      header.writeBigUInt64BE(BigInt.asUintN(64, BigInt(newOffset) + base - firstBase), box.start + 8);
    }
  }
}

function* boxesIn(bytes: Buffer, from: number, to: number, wanted: string) {
  for (let at = from; at + 8 <= to; ) {
    const sizeBytes = bytes.readUInt32BE(at);
    const end = Math.min(to, at + sizeBytes);
    if (sizeBytes < 8) return;
    if (bytes.toString('latin1', at + 4, at + 8) === wanted) yield { start: at + 8, end };
    at = end;
  }
}

function copyRange({ descriptor }: GuardedFile, from: number, to: number, output: NewFile): void {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  for (let at = from; at < to; ) {
    const count = readFully(descriptor, buffer.subarray(0, Math.min(COPY_BYTES, to - at)), at);
    if (count === 0) return;
    output.write(buffer.subarray(0, count));
    at += count;
  }
}
