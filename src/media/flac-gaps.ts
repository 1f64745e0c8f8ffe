import { type FlacFrame, type FlacStreamInfo, scanFlacFrames } from './flac-frames.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible } from './join-parts.ts';

/** Sound that is missing between two sound frames, or before the first one. */
export interface FlacGap {
  readonly missingSamples: number;
}

/**
 * The sound frames of a file in their order, with the gaps that their numbers show. What is missing behind the last one
 * is not told. Throws {@link CopyImpossible} where the numbers cannot be those of one stream.
 */
export function* readFlacTimeline(file: GuardedFile, info: FlacStreamInfo): Generator<FlacFrame | FlacGap> {
  let position = 0;
  let unitSamples = info.fixedBlockSamples;
  for (const piece of scanFlacFrames(file, info)) {
    if ('damagedBytes' in piece) continue;
    const { isVariable, codedNumber, blockSamples } = piece.header;
    // All blocks but the last have one size, unless their numbers count samples (RFC 9639 section 9.1.5).
    unitSamples ??= blockSamples;
    const start = codedNumber * (isVariable ? 1 : unitSamples);
    const isBeyond = info.totalSamples !== null && start + blockSamples > info.totalSamples;
    if (start < position || isBeyond)
      throw new CopyImpossible(`A frame says that it begins at sample ${start}, where none can begin.`);
    if (start > position) yield { missingSamples: start - position };
    yield piece;
    position = start + blockSamples;
  }
}
