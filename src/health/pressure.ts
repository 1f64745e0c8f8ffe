import { VoiceRecorderError } from '../model/failure.ts';
import type { MemoryReading } from './checks/process.ts';
import { medianOf } from './trend.ts';

export interface PressureDesk {
  readMemory(): Promise<MemoryReading>;
  readonly sampleMs?: number;
}

const TICK_MS = 100;
const SAMPLE_MS = 2_000;
/** So many samples in a row must say the same: a moment of work is no pressure, a moment of rest no end of it. */
const IN_A_ROW = 3;
/** Half of all turns are later than that. */
const SLOW_MS = 100;
const CALM_MS = 50;
const FULL_SHARE = 0.95;
const ROOMY_SHARE = 0.9;

type Cause = 'event loop' | 'memory';

/** Knows whether this process has more to do than it can, so that nothing new is begun and what runs goes on. */
export class Pressure {
  readonly #desk: PressureDesk;
  #cause: Cause | undefined;
  #badInARow = 0;
  #goodInARow = 0;

  constructor(desk: PressureDesk) {
    this.#desk = desk;
  }

  /** Begins to look; the returned function ends that. */
  watch(): () => void {
    const { sampleMs = SAMPLE_MS } = this.#desk;
    let lateMs: number[] = [];
    let tickedAt = performance.now();
    let sampledAt = tickedAt;
    const timer = setInterval(() => {
      const now = performance.now();
      lateMs.push(now - tickedAt - TICK_MS);
      tickedAt = now;
      if (now - sampledAt < sampleMs) return;
      sampledAt = now;
      void this.#sample(medianOf(lateMs));
      lateMs = [];
    }, TICK_MS).unref();
    return () => clearInterval(timer);
  }

  /** Undefined while all is calm. */
  get cause(): Cause | undefined {
    return this.#cause;
  }

  /** Throws `server-busy` under pressure. */
  requireCalm(): void {
    if (this.#cause === undefined) return;
    throw new VoiceRecorderError(
      'server-busy',
      `The server has more to do than it can (${this.#cause}): nothing new is taken in for now. What is being recorded goes on.`,
      { details: { cause: this.#cause } },
    );
  }

  async #sample(medianLateMs: number): Promise<void> {
    const { usedBytes, limitBytes } = await this.#desk.readMemory();
    const share = usedBytes / limitBytes;
    const cause: Cause | undefined =
      medianLateMs >= SLOW_MS ? 'event loop' : share >= FULL_SHARE ? 'memory' : undefined;
    const isCalm = medianLateMs < CALM_MS && share < ROOMY_SHARE;
    this.#badInARow = cause === undefined ? 0 : this.#badInARow + 1;
    this.#goodInARow = isCalm ? this.#goodInARow + 1 : 0;
    if (cause !== undefined && this.#badInARow >= IN_A_ROW) this.#cause = cause;
    if (this.#goodInARow >= IN_A_ROW) this.#cause = undefined;
  }
}
