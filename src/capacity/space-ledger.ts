import type { Clock } from '../model/clock.ts';
import { roomRule } from '../validation/size-rules.ts';

export interface SpaceLedgerDesk {
  /** What recordings may still fill, as the disk says now. */
  usableBytes(): Promise<number>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

interface Claim {
  readonly sizeBytes: number;
  /** Written already, and therefore missing from the free space. */
  doneBytes: number;
  touchedMs: number;
}

/** A sender that is silent for so long loses its claim on the room; what it sent stays. */
const SILENCE_MS = 15 * 60_000;

/**
 * Room that was promised to bytes of known size that are still on their way. Promises are made one after the other, so
 * that no two of them count on the same room. Kept in memory: after a restart each upload takes its claim up again
 * with its next piece.
 */
export class SpaceLedger {
  readonly #desk: SpaceLedgerDesk;
  readonly #claims = new Map<string, Claim>();
  #last: Promise<void> = Promise.resolve();

  constructor(desk: SpaceLedgerDesk) {
    this.#desk = desk;
  }

  /** Rejects with `disk-full` when `sizeBytes` do not fit beside everything that is promised already. */
  reserve(key: string, sizeBytes: number, whose: string): Promise<void> {
    const turn = this.#last.then(async () => {
      const usableBytes = Math.max(0, (await this.#desk.usableBytes()) - this.reservedBytes());
      roomRule.check({ whose, sizeBytes, usableBytes });
      this.claim(key, sizeBytes, 0);
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Notes what was promised earlier; a claim that is filled ends. */
  claim(key: string, sizeBytes: number, doneBytes: number): void {
    if (doneBytes >= sizeBytes) this.#claims.delete(key);
    else this.#claims.set(key, { sizeBytes, doneBytes, touchedMs: this.#desk.clock.monotonicMs() });
  }

  /** So much of it is written by now. */
  progress(key: string, doneBytes: number): void {
    const claim = this.#claims.get(key);
    if (claim) this.claim(key, claim.sizeBytes, doneBytes);
  }

  release(key: string): void {
    this.#claims.delete(key);
  }

  /** What is promised and not written yet. */
  reservedBytes(): number {
    const silentBeforeMs = this.#desk.clock.monotonicMs() - SILENCE_MS;
    let sum = 0;
    for (const [key, { sizeBytes, doneBytes, touchedMs }] of this.#claims) {
      if (touchedMs < silentBeforeMs) this.#claims.delete(key);
      else sum += sizeBytes - doneBytes;
    }
    return sum;
  }
}
