import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockCutter } from './block-cutter.ts';
import type { SampleBlock } from './sample-block.ts';

/** Samples that count upwards, so that each can be told from every other. */
function blockOf(first: number, frames: number, sampleRateHz = 1_000): SampleBlock {
  const left = Float32Array.from({ length: frames }, (_, i) => first + i);
  const right = left.map((value) => -value);
  return { sampleRateHz, frames, planes: [left, right], capturedAtMs: first, preRollFrames: 0 };
}

/** The samples of each segment, left channel. */
function segmentsOf(cutter: BlockCutter, blocks: readonly SampleBlock[]) {
  const segments: { cause: string | null; samples: number[] }[] = [{ cause: null, samples: [] }];
  for (const block of blocks) {
    for (const { cause, block: part } of cutter.cut(block)) {
      if (cause) segments.push({ cause, samples: [] });
      segments.at(-1)?.samples.push(...part.planes[0].subarray(0, part.frames));
    }
  }
  return segments;
}

describe('the cutter of takes', () => {
  it('puts every sample into one segment, in order, each of them as long as was wished', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 1_500 }), (blockFrames, segmentFrames) => {
        let first = 0;
        const blocks = blockFrames.map((frames) => {
          const block = blockOf(first, frames);
          first += frames;
          return block;
        });
        const segments = segmentsOf(new BlockCutter(segmentFrames / 1_000), blocks);
        expect(segments.flatMap(({ samples }) => samples)).toEqual(
          Array.from({ length: first }, (_, i) => i),
        );
        for (const { samples } of segments.slice(0, -1)) expect(samples).toHaveLength(segmentFrames);
        expect(segments.at(-1)?.samples.length).toBeLessThanOrEqual(segmentFrames);
        expect(segments.slice(1).every(({ cause }) => cause === 'split')).toBe(true);
      }),
    );
  });

  it('never cuts when that is not wished', () => {
    const segments = segmentsOf(new BlockCutter(null), [blockOf(0, 5_000), blockOf(5_000, 5_000)]);
    expect(segments.map(({ samples }) => samples.length)).toEqual([10_000]);
  });

  it('begins a further segment where the device changes its rate or its channels', () => {
    const mono: SampleBlock = { ...blockOf(200, 100, 2_000), isMono: true };
    const segments = segmentsOf(new BlockCutter(null), [blockOf(0, 100), blockOf(100, 100, 2_000), mono]);
    expect(segments.map(({ cause, samples }) => [cause, samples[0], samples.length])).toEqual([
      [null, 0, 100],
      ['device-changed', 100, 100],
      ['device-changed', 200, 100],
    ]);
  });
});
