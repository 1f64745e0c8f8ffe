import { describe, expect, it } from 'vitest';
import type { TimelineEvent } from '../../../../src/model/take-timeline.ts';
import type { SampleBlock } from '../input/sample-block.ts';
import { EventLog } from './event-log.ts';
import { TakeWatch, WATCH_EVERY_MS } from './take-watch.ts';

const RATE_HZ = 48_000;
const BLOCK_FRAMES = RATE_HZ / 10;
const BLOCK_MS = 100;
const DAY_MS = 86_400_000;

type Wave = (frame: number) => readonly [number, number];

const voice: Wave = (frame) => {
  const value = 0.3 * Math.sin(frame / 17) + 0.1 * Math.sin(frame / 5.1);
  return [value, value];
};
const zero: Wave = () => [0, 0];

/** A microphone and the clocks of a machine that stand where the test wants them; sound and time go together. */
class Rig {
  readonly said: string[] = [];
  readonly log = new EventLog();
  readonly watch: TakeWatch;
  monotonicMs = 5_000;
  wallMs = 1_700_000_000_000;
  /** False for sources that do not tell when they captured. */
  tellsTime = true;
  #frame = 0;

  constructor() {
    this.watch = new TakeWatch(
      this.log,
      {
        onAlert: (code, reason) => this.said.push(`${this.at()} ${code}${reason ? `: ${reason}` : ''}`),
        onAllClear: (code) => this.said.push(`${this.at()} not ${code}`),
      },
      { monotonicMs: () => this.monotonicMs, wallMs: () => this.wallMs },
    );
  }

  at(): string {
    return ((this.monotonicMs - 5_000) / 1000).toFixed(1);
  }

  /** So many seconds of sound, each block as it is captured. */
  hear(seconds: number, wave: Wave = voice, jitterMs: () => number = () => 0): void {
    for (let i = 0; i < Math.round(seconds * 10); i++) {
      const capturedAtMs = this.monotonicMs + jitterMs();
      this.pass(BLOCK_MS);
      this.watch.take(this.#block(wave, this.tellsTime ? capturedAtMs : null));
    }
  }

  /** Time in which this thread runs and no sound comes. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= WATCH_EVERY_MS) {
      const step = Math.min(left, WATCH_EVERY_MS);
      this.#go(step);
      if (step === WATCH_EVERY_MS || Math.round(this.monotonicMs / BLOCK_MS) % 2 === 0) this.watch.tick();
    }
  }

  /** Time in which nothing of this machine runs. */
  sleep(monotonicMs: number, wallMs = monotonicMs): void {
    this.monotonicMs += monotonicMs;
    this.wallMs += wallMs;
    this.watch.tick();
  }

  events(): readonly TimelineEvent[] {
    return this.log.events();
  }

  #go(ms: number): void {
    this.monotonicMs += ms;
    this.wallMs += ms;
  }

  #block(wave: Wave, capturedAtMs: number | null): SampleBlock {
    const planes = [new Float32Array(BLOCK_FRAMES), new Float32Array(BLOCK_FRAMES)] as const;
    for (let i = 0; i < BLOCK_FRAMES; i++) {
      const [left, right] = wave(this.#frame++);
      planes[0][i] = left;
      planes[1][i] = right;
    }
    return { sampleRateHz: RATE_HZ, frames: BLOCK_FRAMES, planes, capturedAtMs, preRollFrames: 0 };
  }
}

describe('what the signal says', () => {
  it('has nothing to say about a voice', () => {
    const rig = new Rig();
    rig.hear(130);
    rig.watch.end();
    expect(rig.said).toEqual([]);
    expect(rig.events()).toEqual([]);
  });

  it('says digital silence after a second, long enough to be read, and keeps both ends', () => {
    const rig = new Rig();
    rig.hear(3);
    rig.hear(2, zero);
    rig.hear(6);
    expect(rig.said).toEqual(['4.0 input-silent', expect.stringMatching(/^10\.[0-4] not input-silent$/)]);
    expect(rig.events()).toEqual([
      { kind: 'silence', atSeconds: expect.closeTo(3, 3), durationSeconds: expect.closeTo(2, 3) },
    ]);
  });

  it('does not call the shortest gaps of a noise gate silence', () => {
    const rig = new Rig();
    for (let i = 0; i < 10; i++) {
      rig.hear(0.9, zero);
      rig.hear(0.2);
    }
    expect(rig.said).toEqual([]);
  });

  it('catches samples that stand still at a level, which a meter would show as sound', () => {
    const rig = new Rig();
    rig.hear(1);
    rig.hear(2, () => [0.25, 0.25]);
    expect(rig.said).toEqual(['2.0 input-silent: It stands still at 25.0 % of full scale.']);
  });

  it('keeps the silence that goes on when the take ends', () => {
    const rig = new Rig();
    rig.hear(2);
    rig.hear(4, zero);
    expect(rig.events()).toHaveLength(1);
    rig.watch.end();
    expect(rig.events()).toMatchObject([{ kind: 'silence', durationSeconds: expect.closeTo(4, 2) }]);
    expect(rig.said.at(-1)).toBe('6.0 not input-silent');
  });

  it('says which channel of two is dead', () => {
    const rig = new Rig();
    rig.hear(3, (frame) => [voice(frame)[0], 0]);
    rig.hear(1);
    expect(rig.said).toEqual(['2.0 channel-silent: It is the right one.']);
    expect(rig.events()).toMatchObject([{ kind: 'channel-silent', note: 'right', atSeconds: 0 }]);
  });

  it('does not lay the silence of one channel over the silence of both', () => {
    const rig = new Rig();
    rig.hear(1);
    rig.hear(2, zero);
    rig.hear(3, (frame) => [0, voice(frame)[1]]);
    rig.watch.end();
    expect(rig.events()).toMatchObject([
      { kind: 'silence', durationSeconds: expect.closeTo(2, 2) },
      { kind: 'channel-silent', atSeconds: expect.closeTo(3, 1), note: 'left' },
    ]);
  });

  it('says a signal below -60 dBFS within three seconds, and keeps it when it is more than a breath', () => {
    const faint: Wave = (frame) => [0.0008 * Math.sin(frame / 7), 0.0008 * Math.sin(frame / 7)];
    const rig = new Rig();
    rig.hear(1);
    rig.hear(3, faint);
    rig.hear(1);
    rig.hear(6, faint);
    rig.hear(1);
    expect(rig.said).toEqual(['3.0 input-quiet', expect.stringMatching(/^7\.[01] input-quiet$/)]);
    expect(rig.events()).toMatchObject([{ kind: 'quiet', atSeconds: 5, durationSeconds: 6 }]);
  });

  it('does not take an offset for sound, nor a quiet room for none', () => {
    const rig = new Rig();
    rig.hear(3, (frame) => [0.1 + 0.0005 * Math.sin(frame), 0.1 + 0.0005 * Math.sin(frame)]);
    expect(rig.said).toEqual(['2.0 input-quiet']);
    const room = new Rig();
    room.hear(5, (frame) => [0.002 * Math.sin(frame), 0.002 * Math.sin(frame)]);
    expect(room.said).toEqual([]);
  });

  it('says clipping at once, and makes one event of what follows within two seconds', () => {
    const rig = new Rig();
    const clipped: Wave = (frame) => [Math.sign(Math.sin(frame / 40)), voice(frame)[1]];
    rig.hear(1);
    for (let i = 0; i < 4; i++) {
      rig.hear(0.2, clipped);
      rig.hear(0.8);
    }
    rig.hear(3);
    expect(rig.said).toEqual(['1.1 input-clipping', expect.stringMatching(/^7\.\d not input-clipping$/)]);
    expect(rig.events()).toMatchObject([
      { kind: 'clipping', atSeconds: expect.closeTo(1, 1), durationSeconds: expect.closeTo(3.2, 1) },
    ]);
  });

  it('does not call a single sample at full scale clipping', () => {
    const rig = new Rig();
    rig.hear(2, (frame) => (frame % 1000 < 2 ? [1, 1] : voice(frame)));
    expect(rig.said).toEqual([]);
  });
});

describe('what the clocks say', () => {
  it('finds a hundredth of a second that is missing, to the millisecond and at its place', () => {
    const rig = new Rig();
    rig.hear(20);
    rig.monotonicMs += 10;
    rig.wallMs += 10;
    rig.hear(3);
    expect(rig.events()).toEqual([
      { kind: 'drop-out', atSeconds: expect.closeTo(20, 1), durationSeconds: 0.01 },
    ]);
    expect(rig.said).toEqual([expect.stringMatching(/^20\.\d samples-lost: 0\.01 seconds are missing\.$/)]);
  });

  it('is not deceived by blocks that come late and catch up, nor by clocks that drift apart like crystals', () => {
    const rig = new Rig();
    let block = 0;
    rig.hear(90, voice, () => block++ * 0.01 + (block % 7 === 0 ? 60 : 0) + (block % 3));
    rig.watch.end();
    expect(rig.events()).toEqual([]);
    expect(rig.said).toEqual([]);
  });

  it('notices samples that go missing one by one', () => {
    const rig = new Rig();
    let block = 0;
    rig.hear(130, voice, () => block++ * 0.3);
    expect(rig.events()).toMatchObject([
      { kind: 'drop-out', durationSeconds: expect.closeTo(0.18, 1) },
      { kind: 'drop-out' },
    ]);
  });

  it('counts against its own clock where the source tells no time', () => {
    const rig = new Rig();
    rig.tellsTime = false;
    rig.hear(5);
    rig.pass(600);
    rig.hear(2);
    expect(rig.events()).toMatchObject([
      { kind: 'drop-out', atSeconds: expect.closeTo(5, 1), durationSeconds: expect.closeTo(0.6, 1) },
    ]);
  });

  it('says within a second and a half that no sound comes, and that it comes again', () => {
    const rig = new Rig();
    rig.hear(2);
    rig.pass(4_000);
    expect(rig.said).toEqual([expect.stringMatching(/^3\.[0-5] input-stalled$/)]);
    rig.hear(2);
    expect(rig.said.slice(1)).toEqual([
      '6.1 not input-stalled',
      expect.stringMatching(/^6\.\d samples-lost: 4\.00 seconds are missing\.$/),
    ]);
  });

  it('keeps what is missing when the take ends before sound comes again', () => {
    const rig = new Rig();
    rig.hear(2);
    rig.pass(3_000);
    rig.watch.end();
    expect(rig.events()).toMatchObject([
      { kind: 'drop-out', atSeconds: 2, durationSeconds: expect.closeTo(3, 1) },
    ]);
  });

  it('knows a standstill of the page from a fault of the device', () => {
    const rig = new Rig();
    rig.hear(10);
    rig.sleep(3_000);
    rig.hear(2);
    expect(rig.events()).toEqual([
      {
        kind: 'page-frozen',
        atSeconds: 10,
        durationSeconds: 3,
        note: expect.stringMatching(/^stopped for 3\.\d s$/),
      },
    ]);
    expect(rig.said).toEqual([
      expect.stringMatching(/^13\.\d page-frozen: 3\.0 seconds of sound are missing\.$/),
    ]);
  });

  it('knows it also when a little was lost just before, and makes one event of both', () => {
    const rig = new Rig();
    rig.hear(10);
    rig.pass(30);
    rig.hear(0.3);
    rig.sleep(3_000);
    rig.hear(3);
    expect(rig.events()).toEqual([
      {
        kind: 'page-frozen',
        atSeconds: expect.closeTo(10.3, 3),
        durationSeconds: expect.closeTo(3.03, 3),
        note: expect.stringMatching(/^stopped for 3\.\d s$/),
      },
    ]);
  });

  it('says nothing about a standstill in which no sound was lost', () => {
    const rig = new Rig();
    rig.hear(5);
    rig.sleep(1_600);
    rig.monotonicMs -= 1_600;
    rig.hear(3);
    rig.watch.end();
    expect(rig.events()).toEqual([]);
  });

  it('takes a machine that slept by its clocks: the one that nobody sets stood still as well', () => {
    const rig = new Rig();
    rig.hear(10);
    rig.sleep(300, 60_300);
    rig.hear(3);
    expect(rig.events()).toEqual([
      { kind: 'page-frozen', atSeconds: 10, durationSeconds: 60.3, note: 'asleep' },
    ]);
  });

  it.each([
    ['on', DAY_MS, '+86400.0 s'],
    ['back', -DAY_MS, '-86400.0 s'],
  ])('notes a clock that is set %s by a day, and is not disturbed by it', (_, stepMs, note) => {
    const rig = new Rig();
    rig.hear(10);
    rig.wallMs += stepMs;
    rig.hear(10);
    rig.watch.end();
    expect(rig.events()).toEqual([
      { kind: 'clock-changed', atSeconds: expect.closeTo(10, 0), durationSeconds: 0, note },
    ]);
    expect(rig.said[0]).toMatch(/^1[0-2]\.\d clock-changed$/);
  });

  it('keeps a pause with its length, and neither misses sound in it nor waits for any', () => {
    const rig = new Rig();
    rig.hear(5);
    rig.watch.pause();
    rig.pass(8_000);
    rig.hear(5);
    rig.watch.end();
    expect(rig.events()).toEqual([{ kind: 'paused', atSeconds: 5, durationSeconds: 8 }]);
    expect(rig.said).toEqual([]);
  });
});

describe('what goes on over the end of a segment', () => {
  it('is closed there and begins again at the beginning of the next', () => {
    const rig = new Rig();
    rig.hear(3);
    rig.hear(2, zero);
    const next = new EventLog();
    rig.watch.cut(next);
    rig.hear(3, zero);
    rig.hear(1);
    expect(rig.events()).toMatchObject([{ kind: 'silence', atSeconds: 3, durationSeconds: 2 }]);
    expect(next.events()).toMatchObject([{ kind: 'silence', atSeconds: 0, durationSeconds: 3 }]);
    expect(rig.said).toEqual(['4.0 input-silent']);
  });

  it('is not told of the next one when it was over before', () => {
    const rig = new Rig();
    rig.hear(1, (frame) => [Math.sign(Math.sin(frame / 40)), 0.1 * Math.sin(frame)]);
    rig.hear(0.5);
    const next = new EventLog();
    rig.watch.cut(next);
    rig.hear(5);
    expect(rig.events()).toMatchObject([{ kind: 'clipping' }]);
    expect(next.events()).toEqual([]);
  });

  it('gives positions in the audio of the segment that runs', () => {
    const rig = new Rig();
    rig.hear(7);
    const next = new EventLog();
    rig.watch.cut(next);
    rig.hear(2);
    expect(rig.watch.positionSeconds).toBeCloseTo(2, 1);
    rig.watch.note('device-changed', 'USB');
    expect(next.events()).toEqual([
      { kind: 'device-changed', atSeconds: 2, durationSeconds: 0, note: 'USB' },
    ]);
  });
});

describe('the log of a segment', () => {
  it('makes ranges of a flood, and keeps what is rare', () => {
    const log = new EventLog();
    for (let i = 0; i < 10_000; i++) log.add({ kind: 'clipping', atSeconds: i * 3, durationSeconds: 0.1 });
    log.add({ kind: 'device-lost', atSeconds: 15_000, durationSeconds: 0 });
    for (let i = 0; i < 1_000; i++) log.add({ kind: 'drop-out', atSeconds: i, durationSeconds: 0.01 });
    const events = log.events();
    expect(events.length).toBeLessThanOrEqual(200);
    expect(events.filter(({ kind }) => kind === 'device-lost')).toHaveLength(1);
    const lost = events.filter(({ kind }) => kind === 'drop-out');
    expect(lost.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)).toBeCloseTo(10, 5);
    const clipped = events.filter(({ kind }) => kind === 'clipping');
    expect(clipped[0]?.atSeconds).toBe(0);
    const last = clipped.at(-1)!;
    expect(last.atSeconds + last.durationSeconds).toBeCloseTo(29_997.1, 3);
    const times = clipped.reduce((sum, { note }) => sum + Number(/^\d+/.exec(note ?? '1')?.[0]), 0);
    expect(times).toBe(10_000);
  });
});
