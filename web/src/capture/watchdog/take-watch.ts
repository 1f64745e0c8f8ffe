import type { TimelineEvent } from '../../../../src/model/take-timeline.ts';
import type { SampleBlock } from '../input/sample-block.ts';
import type { ProblemCode } from '../problems.ts';
import type { EventLog } from './event-log.ts';
import { LagWatch, type MissingSound } from './lag-watch.ts';
import { type SignalKind, SignalWatch, type Spell } from './signal-watch.ts';
import { Spells } from './spells.ts';
import { StopWatch } from './stop-watch.ts';

export interface WatchListener {
  onAlert(code: ProblemCode, reason?: string): void;
  onAllClear(code: ProblemCode): void;
}

export interface WatchClocks {
  monotonicMs(): number;
  wallMs(): number;
}

export const WATCH_EVERY_MS = 250;

const CODES: Readonly<Record<SignalKind, ProblemCode>> = {
  silence: 'input-silent',
  'channel-silent': 'channel-silent',
  quiet: 'input-quiet',
  clipping: 'input-clipping',
};
// Blocks come ten times a second; several may be late together.
const STALLED_MS = 1_000;
/** What has no length of its own stays to be read for so long. */
const SHOWN_MS = 20_000;
/** What was over in a moment stays so long all the same: nobody reads a sentence that flashes up. */
const LEAST_SHOWN_MS = 6_000;
/** So long after a standstill, missing sound is its work. */
const BLAME_MS = 5_000;
/** So long a step of the wall clock waits for missing sound: together they are a machine that slept. */
const SLEEP_PROOF_MS = 2_000;

/** Watches the samples of one input on their way into a take: what they say, how many they are, and when they come. */
export class TakeWatch {
  readonly #listener: WatchListener;
  readonly #clocks: WatchClocks;
  readonly #signal = new SignalWatch();
  readonly #lag = new LagWatch();
  readonly #stops: StopWatch;
  readonly #spells: Spells;
  readonly #toldAtMs = new Map<ProblemCode, number>();
  readonly #shownUntilMs = new Map<ProblemCode, number>();
  #log: EventLog;
  /** Where the segment of the log begins in the audio that is watched. */
  #logSeconds = 0;
  #seconds = 0;
  #sampleRateHz = 0;
  #lastBlockMs: number;
  #isPaused = false;
  #wasPaused = false;
  #isStalled = false;
  #stop: { readonly atMs: number; readonly seconds: number } | null = null;
  #wallStep: { readonly atMs: number; readonly seconds: number; readonly atSeconds: number } | null = null;

  constructor(log: EventLog, listener: WatchListener, clocks: WatchClocks) {
    this.#log = log;
    this.#listener = listener;
    this.#clocks = clocks;
    this.#lastBlockMs = clocks.monotonicMs();
    this.#stops = new StopWatch(WATCH_EVERY_MS, clocks.monotonicMs(), clocks.wallMs());
    this.#spells = new Spells({
      onBegin: (kind, spell) => this.#tell(CODES[kind], reasonOf(kind, spell)),
      onEnd: (kind) => this.#takeBack(CODES[kind]),
      onKeep: (event) => this.#keep(event),
    });
  }

  /** Where the next sample stands in the segment that is recorded now. */
  get positionSeconds(): number {
    const sinceMs = this.#isPaused ? 0 : this.#clocks.monotonicMs() - this.#lastBlockMs;
    // What was captured since the last block is on its way.
    return this.#seconds - this.#logSeconds + Math.min(0.1, Math.max(0, sinceMs / 1000));
  }

  take(block: SampleBlock): void {
    const nowMs = this.#clocks.monotonicMs();
    if (block.sampleRateHz !== this.#sampleRateHz) this.#lag.forget();
    this.#sampleRateHz = block.sampleRateHz;
    if (block.preRollFrames === 0) this.#count(block, nowMs);
    this.#lastBlockMs = nowMs;
    if (this.#isStalled) {
      this.#isStalled = false;
      // How much is missing is said in its place.
      this.#unshow('input-stalled');
    }
    this.#spells.update(this.#signal.look(block, this.#seconds));
    this.#seconds += block.frames / block.sampleRateHz;
    this.#log.setRunning(this.#spells.running().map((event) => this.#inSegment(event)));
  }

  pause(): void {
    this.#isPaused = true;
    this.#wasPaused = true;
  }

  /** To be called every {@link WATCH_EVERY_MS}: says what no sample can say. */
  tick(): void {
    const nowMs = this.#clocks.monotonicMs();
    const { stoppedSeconds, wallStepSeconds } = this.#stops.look(nowMs, this.#clocks.wallMs());
    if (stoppedSeconds > 0) this.#stop = { atMs: nowMs, seconds: stoppedSeconds };
    if (wallStepSeconds !== 0) {
      this.#wallStep = { atMs: nowMs, seconds: wallStepSeconds, atSeconds: this.#seconds };
    }
    if (this.#wallStep && nowMs - this.#wallStep.atMs > SLEEP_PROOF_MS) this.#noteWallStep(this.#wallStep);
    // After a standstill of this thread the blocks that waited come first.
    const isLate = stoppedSeconds === 0 && nowMs - this.#lastBlockMs > STALLED_MS;
    if (isLate && !this.#isPaused && !this.#isStalled) {
      this.#isStalled = true;
      this.#tell('input-stalled');
    }
    for (const [code, untilMs] of this.#shownUntilMs) if (nowMs > untilMs) this.#unshow(code);
  }

  /** Something that happened to the input now; `durationSeconds` on the clock. */
  note(kind: string, note?: string): void {
    const event = { kind, atSeconds: this.#seconds, durationSeconds: 0 };
    this.#keep(note === undefined ? event : { ...event, note });
  }

  /** From here on the samples belong to the segment of `log`. */
  cut(log: EventLog): void {
    this.#spells.cut(this.#seconds);
    this.#log.setRunning([]);
    this.#log = log;
    this.#logSeconds = this.#seconds;
  }

  /** Closes what still goes on, and takes back what was said. */
  end(): void {
    if (this.#wallStep) this.#noteWallStep(this.#wallStep);
    if (this.#isStalled) {
      const missingSeconds = (this.#clocks.monotonicMs() - this.#lastBlockMs) / 1000;
      this.#keep({ kind: 'drop-out', atSeconds: this.#seconds, durationSeconds: missingSeconds });
    }
    this.#spells.end();
    this.#log.setRunning([]);
    for (const code of [...this.#toldAtMs.keys()]) this.#unshow(code);
  }

  #count(block: SampleBlock, nowMs: number): void {
    const clockMs = block.capturedAtMs ?? nowMs;
    if (this.#wasPaused) {
      const pausedSeconds = this.#lag.resume(this.#seconds, clockMs);
      this.#keep({ kind: 'paused', atSeconds: this.#seconds, durationSeconds: pausedSeconds });
      this.#isPaused = false;
      this.#wasPaused = false;
      return;
    }
    const missing = this.#lag.look(this.#seconds, clockMs);
    if (missing) this.#noteMissing(missing, nowMs);
  }

  #noteMissing({ atSeconds, missingSeconds }: MissingSound, nowMs: number): void {
    const stop = this.#stop && nowMs - this.#stop.atMs < BLAME_MS ? this.#stop : null;
    const slept = this.#wallStep && this.#wallStep.seconds > 0 ? this.#wallStep : null;
    const durationSeconds = missingSeconds + (slept?.seconds ?? 0);
    if (slept) this.#wallStep = null;
    if (slept || stop) {
      const note = stop && !slept ? `stopped for ${stop.seconds.toFixed(1)} s` : 'asleep';
      this.#keep({ kind: 'page-frozen', atSeconds, durationSeconds, note });
      this.#stop = null;
      this.#show('page-frozen', `${durationSeconds.toFixed(1)} seconds of sound are missing.`);
      return;
    }
    this.#keep({ kind: 'drop-out', atSeconds, durationSeconds });
    this.#show('samples-lost', `${durationSeconds.toFixed(2)} seconds are missing.`);
  }

  #noteWallStep({ seconds, atSeconds }: { readonly seconds: number; readonly atSeconds: number }): void {
    this.#wallStep = null;
    const note = `${seconds > 0 ? '+' : '-'}${Math.abs(seconds).toFixed(1)} s`;
    this.#keep({ kind: 'clock-changed', atSeconds, durationSeconds: 0, note });
    this.#show('clock-changed');
  }

  #keep(event: TimelineEvent): void {
    this.#log.add(this.#inSegment(event));
  }

  #inSegment(event: TimelineEvent): TimelineEvent {
    return { ...event, atSeconds: Math.max(0, event.atSeconds - this.#logSeconds) };
  }

  #show(code: ProblemCode, reason?: string): void {
    this.#tell(code, reason);
    this.#shownUntilMs.set(code, this.#clocks.monotonicMs() + SHOWN_MS);
  }

  #tell(code: ProblemCode, reason?: string): void {
    this.#toldAtMs.set(code, this.#clocks.monotonicMs());
    this.#shownUntilMs.delete(code);
    this.#listener.onAlert(code, reason);
  }

  #takeBack(code: ProblemCode): void {
    const untilMs = (this.#toldAtMs.get(code) ?? 0) + LEAST_SHOWN_MS;
    if (untilMs <= this.#clocks.monotonicMs()) this.#unshow(code);
    else this.#shownUntilMs.set(code, untilMs);
  }

  #unshow(code: ProblemCode): void {
    this.#toldAtMs.delete(code);
    this.#shownUntilMs.delete(code);
    this.#listener.onAllClear(code);
  }
}

function reasonOf(kind: SignalKind, { note }: Spell): string | undefined {
  if (note === undefined) return undefined;
  return kind === 'channel-silent' ? `It is the ${note} one.` : `It ${note}.`;
}
