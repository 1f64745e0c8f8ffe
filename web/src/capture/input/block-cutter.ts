import { cutBlock, type SampleBlock } from './sample-block.ts';

export type CutCause = 'split' | 'device-changed';

/** A block, and why it is the first of a further segment, if it is. */
export interface CutBlock {
  readonly cause: CutCause | null;
  readonly block: SampleBlock;
}

/** Cuts a stream of blocks into segments, to the sample: after so many seconds, and where the rate changes. */
export class BlockCutter {
  readonly #splitSeconds: number | null;
  #sampleRateHz = 0;
  #isMono = false;
  #frames = 0;

  constructor(splitSeconds: number | null) {
    this.#splitSeconds = splitSeconds;
  }

  *cut(block: SampleBlock): Generator<CutBlock> {
    let cause: CutCause | null = null;
    const isMono = block.isMono === true;
    if (block.sampleRateHz !== this.#sampleRateHz || isMono !== this.#isMono) {
      // No file can change its rate, or its channels, in the middle.
      if (this.#frames > 0) cause = 'device-changed';
      this.#sampleRateHz = block.sampleRateHz;
      this.#isMono = isMono;
      this.#frames = 0;
    }
    let rest = block;
    for (let room = this.#room(); rest.frames > room; room = this.#room()) {
      const [first, second] = cutBlock(rest, room);
      if (first.frames > 0) yield { cause, block: first };
      cause = 'split';
      rest = second;
      this.#frames = 0;
    }
    this.#frames += rest.frames;
    yield { cause, block: rest };
  }

  /** Frames that the running segment may still take. */
  #room(): number {
    if (this.#splitSeconds === null) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.round(this.#splitSeconds * this.#sampleRateHz)) - this.#frames;
  }
}
