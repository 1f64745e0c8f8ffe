import { afterEach, describe, expect, it } from 'vitest';
import { BlockCollector, type LevelReading } from './block-collector.ts';
import { cutBlock, mixDown, type SampleBlock, type SampleMessage } from './sample-block.ts';

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
  const collector = new BlockCollector((level) => levels.push(level));
  const ended = new Promise<void>((resolve) => {
    port2.onmessage = ({ data }: MessageEvent<SampleMessage>) => {
      messages.push(data);
      if ('sign' in data && data.sign === 'end') resolve();
    };
  });
  async function blocks(): Promise<SampleBlock[]> {
    collector.obey({ type: 'end' });
    await ended;
    return messages.filter((message): message is SampleBlock => !('sign' in message));
  }
  return {
    collector,
    levels,
    forward: (withPreRoll = false) => collector.obey({ type: 'forward', port: port1, withPreRoll }),
    /** Everything that was sent, once the last word came. */
    async samples(): Promise<number[]> {
      return (await blocks()).flatMap((block) => [...block.planes[0].subarray(0, block.frames)]);
    },
    blocks,
    messages,
  };
}

/** Pieces of `sizes` frames that count upwards, so that each sample can be told from every other. */
function feed(collector: BlockCollector, sizes: readonly number[], from = 0, rateHz = RATE_HZ): number {
  let next = from;
  for (const size of sizes) {
    const piece = Float32Array.from({ length: size }, (_, i) => (next + i) / 2 ** 20);
    collector.take([piece], size, rateHz, (next / rateHz) * 1000);
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
    collector.take([], 128, RATE_HZ);
    expect(await samples()).toEqual(new Array(128).fill(0));
  });

  it('says between the blocks where a pause begins', async () => {
    const { collector, forward, blocks, messages } = collect();
    forward();
    feed(collector, [128]);
    collector.obey({ type: 'pause' });
    collector.obey({ type: 'resume' });
    feed(collector, [128]);
    await blocks();
    expect(messages.map((message) => ('sign' in message ? message.sign : message.frames))).toEqual([
      128,
      'pause',
      128,
      'end',
    ]);
  });

  it('sends what it had collected before the device changed its rate, and goes on at the new one', async () => {
    const { collector, forward, blocks } = collect();
    forward();
    feed(collector, [480, 480]);
    feed(collector, [441, 441], 960, 44_100);
    expect((await blocks()).map(({ frames, sampleRateHz }) => [frames, sampleRateHz])).toEqual([
      [960, 48_000],
      [882, 44_100],
    ]);
  });

  it.each([
    ['less than it may keep', 3],
    ['just as much', 10],
    ['more than it may keep', 10.37],
    ['many times as much', 47.123],
  ])('sets the last ten seconds before the first sample of a take, after %s', async (_, seconds) => {
    const { collector, forward, blocks } = collect();
    collector.obey({ type: 'keep', seconds: 10 });
    const before = Math.round(seconds * 100);
    const now = feed(collector, new Array(before).fill(480));
    forward(true);
    const total = feed(collector, new Array(100).fill(480), now);
    const got = await blocks();
    const samples = got.flatMap((block) => [...block.planes[0].subarray(0, block.frames)]);
    const first = Math.max(0, now - 10 * RATE_HZ);
    expect(samples.length).toBe(total - first);
    expect(samples.findIndex((value, i) => value !== Math.fround((first + i) / 2 ** 20))).toBe(-1);
    expect(got[0]?.preRollFrames).toBe(now - first);
    expect(got.find(({ preRollFrames }) => preRollFrames === 0)?.planes[0][0]).toBe(
      Math.fround(now / 2 ** 20),
    );
  });

  it('keeps nothing before a take unless that is wished, and nothing of the take before', async () => {
    const unasked = collect();
    feed(unasked.collector, [480]);
    unasked.forward(true);
    feed(unasked.collector, [480], 480);
    expect(await unasked.samples()).toHaveLength(480);

    const { collector, forward, samples } = collect();
    collector.obey({ type: 'keep', seconds: 10 });
    const other = new MessageChannel();
    open.push(other.port1, other.port2);
    collector.obey({ type: 'forward', port: other.port1, withPreRoll: true });
    const now = feed(collector, [480, 480]);
    collector.obey({ type: 'end' });
    const later = feed(collector, [480], now);
    forward(true);
    feed(collector, [480], later);
    expect((await samples()).map((value) => value * 2 ** 20)).toEqual(
      Array.from({ length: 960 }, (__, i) => now + i),
    );
  });

  it('measures peak and mean square twenty times a second, also when it forwards nothing', () => {
    const { collector, levels } = collect();
    const piece = Float32Array.from({ length: 2_400 }, (_, i) => (i % 2 ? 0.5 : -0.5));
    piece[7] = -0.75;
    collector.take([piece], piece.length, RATE_HZ);
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
    capturedAtMs: 1_000,
    preRollFrames: 0,
  };

  it('takes the mean of both channels for mono, and no more than the frames that count', () => {
    expect([...mixDown(block, 1)]).toEqual([0, 0.75]);
  });

  it('interleaves for stereo', () => {
    expect([...mixDown(block, 2)]).toEqual([0.5, -0.5, 1, 0.5]);
  });

  it('cuts a block in two without losing a sample or its time', () => {
    const [first, second] = cutBlock(block, 1);
    expect([...mixDown(first, 2), ...mixDown(second, 2)]).toEqual([...mixDown(block, 2)]);
    expect(second.capturedAtMs).toBeCloseTo(1_000 + 1000 / RATE_HZ, 6);
  });
});
