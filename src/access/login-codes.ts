import type { Clock } from '../model/clock.ts';
import { hashSecret, newSecret } from './secret.ts';

const LIFETIME_MS = 10 * 60 * 1000;
const CODE_BYTES = 16;
const MAX_OPEN_CODES = 100;

/** Codes of login links: each opens one session, within ten minutes, and is forgotten when the process ends. */
export class LoginCodes {
  readonly #clock: Clock;
  /** Hash of the code -> when it ends, on the monotonic clock; oldest first. */
  readonly #endsAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(): string {
    for (const [hash, endsAtMs] of this.#endsAtMs) {
      if (endsAtMs > this.#clock.monotonicMs() && this.#endsAtMs.size < MAX_OPEN_CODES) break;
      this.#endsAtMs.delete(hash);
    }
    const code = newSecret(CODE_BYTES);
    this.#endsAtMs.set(hashSecret(code), this.#clock.monotonicMs() + LIFETIME_MS);
    return code;
  }

  /** True once for a code that was issued and has not ended. */
  use(code: string): boolean {
    const hash = hashSecret(code);
    const endsAtMs = this.#endsAtMs.get(hash);
    this.#endsAtMs.delete(hash);
    return endsAtMs !== undefined && endsAtMs > this.#clock.monotonicMs();
  }
}
