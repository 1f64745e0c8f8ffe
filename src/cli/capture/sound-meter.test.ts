import { describe, expect, it } from 'vitest';
import { SoundMeter } from './sound-meter.ts';

const RATE_HZ = 1000;

function listenTo(seconds: readonly [length: number, at: (index: number) => number][], isWide = false) {
  const heard: string[] = [];
  const meter = new SoundMeter(
    { sampleRateHz: RATE_HZ, channels: 1, sampleFormat: isWide ? 's32' : 's16' },
    (trouble, atSeconds, isOver) => heard.push(`${trouble} ${isOver ? 'ends' : 'begins'} ${atSeconds}`),
  );
  for (const [length, at] of seconds) {
    const count = length * RATE_HZ;
    const block = Buffer.alloc(count * (isWide ? 4 : 2));
    for (let i = 0; i < count; i++) {
      if (isWide) block.writeInt32LE(at(i), i * 4);
      else block.writeInt16LE(at(i), i * 2);
    }
    // In pieces, as they come from a program.
    const half = (isWide ? 4 : 2) * Math.floor(count / 2);
    meter.listen(block.subarray(0, half));
    meter.listen(block.subarray(half));
  }
  return { heard, meter };
}

const quiet = (index: number) => (index % 2) + 1;
const zero = () => 0;

describe('the sound meter', () => {
  it('tells of five seconds of zeros, where they began, and when there is sound again', () => {
    expect(
      listenTo([
        [2, quiet],
        [6, zero],
        [2, quiet],
      ]).heard,
    ).toEqual(['silence begins 2', 'silence ends 9']);
  });

  it('takes a quiet room, and a pause of five seconds, for what they are', () => {
    expect(
      listenTo([
        [20, quiet],
        [5, zero],
        [1, quiet],
      ]).heard,
    ).toEqual([]);
  });

  it('tells of clipping once in ten seconds, and not of single samples at full scale', () => {
    const full = (index: number) => (index % 20 < 3 ? 32_767 : 100);
    expect(
      listenTo([
        [1, quiet],
        [12, full],
      ]).heard,
    ).toEqual(['clipping begins 1.002', 'clipping begins 11.002']);
    expect(listenTo([[9, (index) => (index % 20 < 2 ? -32_768 : 100)]]).heard).toEqual([]);
    const wide = (index: number) => (index % 20 < 3 ? 0x7fffff00 : 100);
    expect(listenTo([[1, wide]], true).heard).toEqual(['clipping begins 0.002']);
  });

  it('measures peak and loudness since it was last asked', () => {
    const { meter } = listenTo([[1, (index) => (index % 2 === 0 ? 16_384 : -16_384)]]);
    const level = meter.takeLevel();
    expect(level.peakDbfs).toBeCloseTo(-6.02, 1);
    expect(level.rmsDbfs).toBeCloseTo(-6.02, 1);
    expect(meter.takeLevel().peakDbfs).toBe(Number.NEGATIVE_INFINITY);
    expect(meter.seconds).toBe(1);
  });
});
