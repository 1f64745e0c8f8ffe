import type { SilencedPart } from '../model/repair.ts';
import { readFully } from './byte-reader.ts';
import { type FlacStreamInfo, readMetadataBlocks, readStreamInfo } from './flac-frames.ts';
import { type FlacGap, readFlacTimeline } from './flac-gaps.ts';
import { FlacWriter } from './flac-writer.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible } from './join-parts.ts';
import { NewFile } from './new-file.ts';

/** APPLICATION, VORBIS_COMMENT, CUESHEET and PICTURE (RFC 9639 section 8.1); a SEEKTABLE would lead astray. */
const KEPT_BLOCKS: ReadonlySet<number> = new Set([2, 4, 5, 6]);
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/** With more silence than sound it is no recording any more. */
const MAX_SILENT_SHARE = 0.5;

/**
 * Writes all sound frames of a FLAC file with the tags it has. Where frames in its middle are damaged or missing there is
 * silence of the same length, so that everything behind it stays at its time. Throws {@link CopyImpossible}.
 */
export function repairFlac(
  file: GuardedFile,
  outputPath: string,
  onProgress: (bytesDone: number) => void,
): readonly SilencedPart[] {
  const info = readStreamInfo(file);
  const output = new NewFile(outputPath);
  const silenced: SilencedPart[] = [];
  let silentSamples = 0;
  let bytesDone = info.framesOffset;
  try {
    const writer = new FlacWriter(output, info, readKeptBlocks(file));
    for (const piece of readFlacTimeline(file, info)) {
      if ('missingSamples' in piece) {
        silenced.push(silencedPart(piece, writer.samples, info));
        silentSamples += piece.missingSamples;
        refuseSilence(silentSamples, writer.samples + piece.missingSamples, info);
        writer.addSilence(piece.missingSamples);
        continue;
      }
      writer.add(piece.header, piece.bytes);
      bytesDone += piece.bytes.length;
      onProgress(bytesDone);
    }
    writer.finish();
    return silenced;
  } finally {
    output.close();
  }
}

/** Whether frames in the middle of the file are damaged or missing. */
export function hasFlacGap(file: GuardedFile, onProgress: (bytesDone: number) => void): boolean {
  try {
    const info = readStreamInfo(file);
    let bytesDone = info.framesOffset;
    for (const piece of readFlacTimeline(file, info)) {
      if ('missingSamples' in piece) return true;
      bytesDone += piece.bytes.length;
      onProgress(bytesDone);
    }
    return false;
  } catch (error) {
    // Not a stream whose frames can be counted: nothing is known to be missing.
    if (error instanceof CopyImpossible) return false;
    throw error;
  }
}

function silencedPart(
  { missingSamples }: FlacGap,
  at: number,
  { sampleRateHz }: FlacStreamInfo,
): SilencedPart {
  return { atSeconds: at / sampleRateHz, durationSeconds: missingSamples / sampleRateHz };
}

function refuseSilence(silentSamples: number, samples: number, { totalSamples }: FlacStreamInfo): void {
  if (silentSamples <= Math.max(samples, totalSamples ?? 0) * MAX_SILENT_SHARE) return;
  throw new CopyImpossible('More of it is damaged than not.');
}

/** Metadata blocks with their heads, without the mark of the last one. */
function readKeptBlocks(file: GuardedFile): Buffer[] {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  for (const { type, offset, end } of readMetadataBlocks(file)) {
    if (!KEPT_BLOCKS.has(type)) continue;
    keptBytes += end - offset;
    if (keptBytes > MAX_KEPT_BYTES) continue;
    const block = Buffer.alloc(end - offset);
    if (readFully(file.descriptor, block, offset) < block.length)
      throw new CopyImpossible('The FLAC header is cut.');
    block[0] = type;
    kept.push(block);
  }
  return kept;
}
