import type { SampleBlock } from '../input/sample-block.ts';

export type SignalKind = 'silence' | 'channel-silent' | 'quiet' | 'clipping';

/** A stretch of audio, in seconds from the first sample that was watched. */
export interface Spell {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly note?: string;
}

export type SignalSpells = Readonly<Record<SignalKind, Spell | null>>;

// The last step of a 16-bit sample stands at 0.99997; a volume control below one hides clipping from everybody.
const FULL_SCALE = 0.999;
// One sample at full scale may be chance; three in a row are a flat top.
const CLIPPED_RUN = 3;
const CLIPPING_PATIENCE_SECONDS = 2;
/**
 * -60 dBFS, of the moving part, so that an offset does not count as sound. The noise of a room and a microphone whose
 * gain is set for speech stays above it (some -50 dBFS); a wrong input, a closed fader or a mute button does not.
 */
const QUIET_AMPLITUDE = 0.001;
const CHANNELS = ['left', 'right'] as const;

interface Stillness {
  value: number;
  sinceSeconds: number;
}

/** What can be heard wrong with a signal: that it stands still, is next to nothing, or is cut off at full scale. */
export class SignalWatch {
  readonly #still: readonly [Stillness, Stillness] = [newStillness(), newStillness()];
  readonly #clippedRun: [number, number] = [0, 0];
  #bothStillUntilSeconds = 0;
  #quietSinceSeconds: number | null = null;
  #clipping: { fromSeconds: number; toSeconds: number } | null = null;

  /** What goes on at the end of `block`, whose first sample stands at `atSeconds`. */
  look(block: SampleBlock, atSeconds: number): SignalSpells {
    const endSeconds = atSeconds + block.frames / block.sampleRateHz;
    const silence = this.#findStillness(block, atSeconds, endSeconds);
    return {
      silence,
      'channel-silent': silence ? null : this.#findDeadChannel(endSeconds),
      quiet: this.#findQuiet(block, atSeconds, endSeconds, silence !== null),
      clipping: this.#findClipping(block, atSeconds, endSeconds),
    };
  }

  #findStillness(block: SampleBlock, atSeconds: number, endSeconds: number): Spell | null {
    for (const channel of [0, 1] as const) follow(this.#still[channel], block, channel, atSeconds);
    const [left, right] = this.#still;
    const fromSeconds = Math.max(left.sinceSeconds, right.sinceSeconds);
    const isStill = endSeconds - fromSeconds > 1.5 / block.sampleRateHz;
    if (!isStill || Math.max(Math.abs(left.value), Math.abs(right.value)) >= FULL_SCALE) return null;
    this.#bothStillUntilSeconds = endSeconds;
    const offset = Math.max(Math.abs(left.value), Math.abs(right.value));
    return { fromSeconds, toSeconds: endSeconds, ...(offset > 0 ? { note: noteOfOffset(offset) } : {}) };
  }

  #findDeadChannel(endSeconds: number): Spell | null {
    const [left, right] = this.#still;
    if (left.value === right.value && left.sinceSeconds === right.sinceSeconds) return null;
    const dead = left.sinceSeconds < right.sinceSeconds ? 0 : 1;
    const { sinceSeconds, value } = this.#still[dead];
    if (Math.abs(value) >= FULL_SCALE) return null;
    const fromSeconds = Math.max(sinceSeconds, this.#bothStillUntilSeconds);
    return { fromSeconds, toSeconds: endSeconds, note: CHANNELS[dead] };
  }

  #findQuiet(block: SampleBlock, atSeconds: number, toSeconds: number, isStill: boolean): Spell | null {
    if (isStill || amplitudeOf(block) >= QUIET_AMPLITUDE) {
      this.#quietSinceSeconds = null;
      return null;
    }
    this.#quietSinceSeconds ??= atSeconds;
    return { fromSeconds: this.#quietSinceSeconds, toSeconds };
  }

  #findClipping(block: SampleBlock, atSeconds: number, endSeconds: number): Spell | null {
    for (const channel of [0, 1] as const) {
      const plane = block.planes[channel];
      let run = this.#clippedRun[channel];
      for (let i = 0; i < block.frames; i++) {
        const sample = plane[i] ?? 0;
        run = sample >= FULL_SCALE || sample <= -FULL_SCALE ? run + 1 : 0;
        if (run >= CLIPPED_RUN) this.#noteClipping(atSeconds + (i + 1) / block.sampleRateHz);
      }
      this.#clippedRun[channel] = run;
    }
    const isOver = this.#clipping && endSeconds - this.#clipping.toSeconds > CLIPPING_PATIENCE_SECONDS;
    if (isOver) this.#clipping = null;
    return this.#clipping && { ...this.#clipping };
  }

  #noteClipping(toSeconds: number): void {
    this.#clipping ??= { fromSeconds: toSeconds, toSeconds };
    this.#clipping.fromSeconds = Math.min(this.#clipping.fromSeconds, toSeconds);
    this.#clipping.toSeconds = Math.max(this.#clipping.toSeconds, toSeconds);
  }
}

function newStillness(): Stillness {
  return { value: Number.NaN, sinceSeconds: 0 };
}

/** Since when a channel has had the value it ends with. */
function follow(still: Stillness, block: SampleBlock, channel: 0 | 1, atSeconds: number): void {
  const plane = block.planes[channel];
  const value = plane[block.frames - 1] ?? 0;
  let first = block.frames - 1;
  while (first > 0 && plane[first - 1] === value) first--;
  if (first === 0 && value === still.value) return;
  still.value = value;
  still.sinceSeconds = atSeconds + first / block.sampleRateHz;
}

function amplitudeOf({ planes, frames }: SampleBlock): number {
  let amplitude = 0;
  for (const plane of planes) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < frames; i++) {
      const sample = plane[i] ?? 0;
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    amplitude = Math.max(amplitude, (high - low) / 2);
  }
  return amplitude;
}

function noteOfOffset(offset: number): string {
  return `stands still at ${(offset * 100).toFixed(1)} % of full scale`;
}
