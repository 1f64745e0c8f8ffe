import type { Alert, DeliveryOutcome } from '../model/alert.ts';
import type { AlertTarget } from './alert-targets.ts';

export interface PostDesk {
  readonly targets: readonly AlertTarget[];
  readonly onFault: (error: unknown, target: string) => void;
  /** Pauses before each further try; shorter in tests. */
  readonly pausesMs?: readonly number[];
}

const PAUSES_MS = [5_000, 30_000, 2 * 60_000, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000];
/** Alerts that wait for one target; of each only its newest state waits. */
const MAX_WAITING = 200;

interface Line {
  readonly target: AlertTarget;
  readonly waiting: Map<string, Alert>;
  tries: number;
  timer: NodeJS.Timeout | undefined;
  sending: Promise<void> | undefined;
}

/** Sends word of alerts to every place there is, again and again until it was taken; one that hangs holds up no other. */
export class AlertPost {
  readonly #desk: PostDesk;
  readonly #lines: readonly Line[];
  #isClosed = false;

  constructor(desk: PostDesk) {
    this.#desk = desk;
    this.#lines = desk.targets.map((target) => ({
      ...{ target, waiting: new Map(), tries: 0, timer: undefined, sending: undefined },
    }));
  }

  post(alert: Alert): void {
    if (this.#isClosed) return;
    for (const line of this.#lines) {
      line.waiting.delete(alert.id);
      line.waiting.set(alert.id, alert);
      const [oldest] = line.waiting.keys();
      if (line.waiting.size > MAX_WAITING && oldest !== undefined) line.waiting.delete(oldest);
      if (line.timer === undefined) this.#begin(line);
    }
  }

  /** Sends it once to every place, and says what became of it. */
  async test(alert: Alert): Promise<readonly DeliveryOutcome[]> {
    return await Promise.all(
      this.#desk.targets.map(async (target) => {
        try {
          await target.send(alert);
          return { target: target.name, isDelivered: true, error: null };
        } catch (error) {
          return {
            target: target.name,
            isDelivered: false,
            error: error instanceof Error ? error.message : String(error),
          };
        }
      }),
    );
  }

  /** What was not taken by now is not sent any more by this run. */
  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#lines) clearTimeout(timer);
  }

  #begin(line: Line): void {
    line.sending ??= this.#sendAll(line).finally(() => {
      line.sending = undefined;
    });
  }

  async #sendAll(line: Line): Promise<void> {
    const { target, waiting } = line;
    while (!this.#isClosed) {
      const [alert] = waiting.values();
      if (alert === undefined) return;
      try {
        await target.send(alert);
        line.tries = 0;
        // Its next state may have come meanwhile.
        if (waiting.get(alert.id) === alert) waiting.delete(alert.id);
      } catch (error) {
        this.#desk.onFault(error, target.name);
        this.#waitBeforeNext(line, alert);
        return;
      }
    }
  }

  #waitBeforeNext(line: Line, alert: Alert): void {
    const pauses = this.#desk.pausesMs ?? PAUSES_MS;
    const pauseMs = pauses[line.tries];
    line.tries += 1;
    if (pauseMs === undefined) {
      // Given up: whatever comes next begins anew.
      line.waiting.delete(alert.id);
      line.tries = 0;
      if (line.waiting.size > 0) line.timer = this.#later(line, pauses[0] ?? 0);
      return;
    }
    line.timer = this.#later(line, pauseMs);
  }

  #later(line: Line, pauseMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      line.timer = undefined;
      this.#begin(line);
    }, pauseMs).unref();
  }
}
