import { describe, expect, it } from 'vitest';
import { createOggClock, oggChecksum } from './ogg-clock.ts';

const PRE_SKIP = 312;

/** One Ogg page with `payload`, as much of RFC 3533 as a clock looks at. */
function page(granule: bigint, payload: Uint8Array, options: { isFirst?: boolean } = {}): Uint8Array {
  const lacing: number[] = [];
  for (let rest = payload.length; ; rest -= 255) {
    lacing.push(Math.min(255, rest));
    if (rest < 255) break;
  }
  const bytes = new Uint8Array(27 + lacing.length + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('OggS'));
  bytes[5] = options.isFirst ? 2 : 0;
  view.setBigUint64(6, granule, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  bytes.set(payload, 27 + lacing.length);
  view.setUint32(22, oggChecksum(bytes), true);
  return bytes;
}

function opusHead(): Uint8Array {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode('OpusHead'));
  head.set([1, 1], 8);
  new DataView(head.buffer).setUint16(10, PRE_SKIP, true);
  return head;
}

const HEADERS = [page(0n, opusHead(), { isFirst: true }), page(0n, new Uint8Array(40))];
const AUDIO = [0.8, 1.6, 2.4].map((seconds, i) =>
  page(BigInt(seconds * 48_000 + PRE_SKIP), new Uint8Array(6_000 + i * 511)),
);

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('the clock of an Ogg Opus file', () => {
  it('counts a page only from its last byte on', () => {
    const clock = createOggClock();
    const file = join([...HEADERS, ...AUDIO]);
    clock.push(file);
    const firstEnd = join([...HEADERS, AUDIO[0]!]).length;
    expect(clock.secondsAt(firstEnd - 1)).toBe(0);
    expect(clock.secondsAt(firstEnd)).toBeCloseTo(0.8, 6);
    expect(clock.secondsAt(file.length - 1)).toBeCloseTo(1.6, 6);
    expect(clock.secondsAt(file.length)).toBeCloseTo(2.4, 6);
  });

  it('has no seconds while there are only headers', () => {
    const clock = createOggClock();
    clock.push(join(HEADERS));
    expect(clock.secondsAt(10_000)).toBe(0);
  });

  it('says the same however the bytes were cut', () => {
    const file = join([...HEADERS, ...AUDIO]);
    const whole = createOggClock();
    whole.push(file);
    for (const step of [1, 7, 26, 27, 28, 255, 4096]) {
      const cut = createOggClock();
      for (let at = 0; at < file.length; at += step) cut.push(file.subarray(at, at + step));
      for (let size = 0; size <= file.length; size += 997) {
        expect(cut.secondsAt(size)).toBe(whole.secondsAt(size));
      }
      expect(cut.secondsAt(file.length)).toBe(whole.secondsAt(file.length));
    }
  });

  it('takes no time from a page on which no packet ends', () => {
    const clock = createOggClock();
    const file = join([...HEADERS, AUDIO[0]!, page(0xffff_ffff_ffff_ffffn, new Uint8Array(100))]);
    clock.push(file);
    expect(clock.secondsAt(file.length)).toBeCloseTo(0.8, 6);
  });

  it('stops at a torn page', () => {
    const clock = createOggClock();
    const whole = join([...HEADERS, AUDIO[0]!]);
    const file = join([whole, AUDIO[1]!.subarray(0, 900)]);
    clock.push(file);
    expect(clock.secondsAt(file.length)).toBeCloseTo(0.8, 6);
    expect(clock.wholeBytes).toBe(whole.length);
  });

  it('passes over a page that is not what its checksum says, and counts those behind it', () => {
    const clock = createOggClock();
    const damaged = AUDIO[1]!.slice();
    damaged.fill(1, 400, 4_496);
    const before = join([...HEADERS, AUDIO[0]!]);
    clock.push(join([before, damaged]));
    expect(clock.secondsAt(1e9)).toBeCloseTo(0.8, 6);
    expect(clock.wholeBytes).toBe(before.length);
    clock.push(AUDIO[2]!);
    expect(clock.secondsAt(1e9)).toBeCloseTo(2.4, 6);
    expect(clock.wholeBytes).toBe(join([before, damaged, AUDIO[2]!]).length);
  });

  it('computes the checksum that the specification gives', () => {
    // The first page of a file that FFmpeg wrote.
    const hex =
      '4f6767530002000000000000000000000000000000000228b57201134f707573486561640101380180bb0000000000';
    const page = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(oggChecksum(page)).toBe(0x72b5_2802);
  });
});
