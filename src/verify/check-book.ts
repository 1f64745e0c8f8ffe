import type { Recording } from '../model/recording.ts';
import type { FixityCheck } from '../model/verification.ts';

const MAX_AT_ONCE = 500;

export interface CheckBookDesk {
  /** The log that is kept for ever comes first: what the catalogue says can be made again from it. */
  appendToLog(checks: readonly FixityCheck[]): Promise<void>;
  /** Resolves to the recordings that it changed. */
  enter(checks: readonly FixityCheck[]): Promise<readonly Recording[]>;
  onChanged(recording: Recording): void;
}

interface Entry {
  readonly check: FixityCheck;
  readonly settle: PromiseWithResolvers<void>;
}

/** Enters checks in log and catalogue; those that come while others are being entered share the next sync and commit. */
export class CheckBook {
  readonly #desk: CheckBookDesk;
  #waiting: Entry[] = [];
  #isWriting = false;

  constructor(desk: CheckBookDesk) {
    this.#desk = desk;
  }

  /** Resolves when the check is on stable storage. */
  enter(check: FixityCheck): Promise<void> {
    const settle = Promise.withResolvers<void>();
    this.#waiting.push({ check, settle });
    void this.#writeAll();
    return settle.promise;
  }

  /** Never rejects: each group tells its own callers. */
  async #writeAll(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_AT_ONCE);
      try {
        const checks = group.map(({ check }) => check);
        await this.#desk.appendToLog(checks);
        for (const recording of await this.#desk.enter(checks)) this.#desk.onChanged(recording);
        for (const { settle } of group) settle.resolve();
      } catch (error) {
        for (const { settle } of group) settle.reject(error);
      }
    }
    this.#isWriting = false;
  }
}
