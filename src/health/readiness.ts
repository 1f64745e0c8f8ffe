import type { HealthCheckResult } from '../model/health.ts';

/** Whoever balances load asks often; a disk is not asked more often than that. */
const LASTS_MS = 1_000;
/** Whoever asks gives up soon. */
const PATIENCE_MS = 2_000;

/** Without one of these nothing can be taken in. */
export const NEEDED_TO_RECORD = ['database', 'store-marker', 'store-writable', 'disk-space', 'inodes'];

/** Whether recordings can be taken in, in one word, and soon. */
export class Readiness {
  readonly #ask: () => Promise<readonly Pick<HealthCheckResult, 'status'>[]>;
  #answer: { readonly untilMs: number; readonly isReady: Promise<boolean> } | undefined;

  /** `ask`: asks what is needed to record, now. */
  constructor(ask: () => Promise<readonly Pick<HealthCheckResult, 'status'>[]>) {
    this.#ask = ask;
  }

  /** As of the last second. No answer in time is one. */
  isReady(): Promise<boolean> {
    const nowMs = performance.now();
    if (this.#answer === undefined || nowMs >= this.#answer.untilMs)
      this.#answer = { untilMs: nowMs + LASTS_MS, isReady: this.#askInTime() };
    return this.#answer.isReady;
  }

  async #askInTime(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const asked = this.#ask().then((results) =>
      results.every(({ status }) => status === 'pass' || status === 'warn'),
    );
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
