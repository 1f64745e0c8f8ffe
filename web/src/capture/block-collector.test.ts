import { afterEach, describe, expect, it } from 'vitest';
import { BlockCollector, type LevelReading } from './block-collector.ts';
import { isDigitalSilence, mixDown, type SampleBlock, type SampleMessage } from './sample-block.ts';

const RATE_HZ = 48_000;
const open: MessagePort[] = [];

afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function collect() {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const levels: LevelReading[] = [];
  const messages: SampleMessage[] = [];
  const collector = new BlockCollector(RATE_HZ, (level) => levels.push(level));
  const ended = new Promise<void>((resolve) => {
    port2.onmessage = ({ data }: MessageEvent<SampleMessage>) => {
      messages.push(data);
      if ('isEnd' in data) resolve();
    };
  });
  return {
    collector,
    levels,
    forward: () => collector.obey({ type: 'forward', port: port1 }),
    /** Everything that was sent, once the last word came. */
    async samples(): Promise<number[]> {
      collector.obey({ type: 'end' });
      await ended;
      const blocks = messages.filter((message): message is SampleBlock => !('isEnd' in message));
      return blocks.flatMap((block) => [...block.planes[0].subarray(0, block.frames)]);
    },
  };
}

/** Pieces of `sizes` frames that count upwards, so that each sample can be told from every other. */
function feed(collector: BlockCollector, sizes: readonly number[], from = 0): number {
  let next = from;
  for (const size of sizes) {
    collector.take([Float32Array.from({ length: size }, (_, i) => (next + i) / 2 ** 20)], size);
    next += size;
  }
  return next;
}

describe('the collector of samples', () => {
  it('forwards every sample once and in order, whatever the size of the pieces', async () => {
    for (const size of [128, 441, 480, 4_799, 4_800, 16_384]) {
      const { collector, forward, samples } = collect();
      forward();
      const count = feed(
        collector,
        Array.from({ length: Math.ceil(20_000 / size) }, () => size),
      );
      const got = await samples();
      expect(got.length).toBe(count);
      expect(got.every((value, i) => value === Math.fround(i / 2 ** 20))).toBe(true);
    }
  });

  it('forwards nothing of a pause, and all that came before it', async () => {
    const { collector, forward, samples } = collect();
    feed(collector, [128]);
    forward();
    feed(collector, [128, 128]);
    collector.obey({ type: 'pause' });
    feed(collector, [128], 5_000);
    collector.obey({ type: 'resume' });
    feed(collector, [128], 256);
    const got = await samples();
    expect(got.length).toBe(384);
    expect(got.every((value, i) => value === Math.fround(i / 2 ** 20))).toBe(true);
  });

  it('keeps time by silence when the source has no channels', async () => {
    const { collector, forward, samples } = collect();
    forward();
    collector.take([], 128);
    expect(await samples()).toEqual(new Array(128).fill(0));
  });

  it('measures peak and mean square twenty times a second, also when it forwards nothing', () => {
    const { collector, levels } = collect();
    const piece = Float32Array.from({ length: 2_400 }, (_, i) => (i % 2 ? 0.5 : -0.5));
    piece[7] = -0.75;
    collector.take([piece], piece.length);
    expect(levels).toHaveLength(1);
    expect(levels[0]?.peak).toBe(0.75);
    expect(levels[0]?.rms).toBeCloseTo(0.5, 3);
  });
});

describe('mixing down', () => {
  const block: SampleBlock = {
    sampleRateHz: RATE_HZ,
    frames: 2,
    planes: [Float32Array.of(0.5, 1, 9), Float32Array.of(-0.5, 0.5, 9)],
  };

  it('takes the mean of both channels for mono, and no more than the frames that count', () => {
    expect([...mixDown(block, 1)]).toEqual([0, 0.75]);
  });

  it('interleaves for stereo', () => {
    expect([...mixDown(block, 2)]).toEqual([0.5, -0.5, 1, 0.5]);
  });

  it('knows digital silence from the quietest sound', () => {
    expect(isDigitalSilence(new Float32Array(10))).toBe(true);
    expect(isDigitalSilence(Float32Array.of(0, 1e-9))).toBe(false);
  });
});
