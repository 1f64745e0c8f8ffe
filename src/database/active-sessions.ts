import type { ActiveSession } from './active-session.ts';

/** Says that the work of a session has been open for long; it goes on. */
export interface SlowSession {
  readonly name: string;
  readonly readonly: boolean;
  readonly heldMs: number;
  /** Of whoever asked for the session; where not `isOwnStack`, for an earlier one of the same name. */
  readonly stack: string;
  readonly isOwnStack: boolean;
}

/**
 * The sessions under way, and one timer for all of them: it ends those whose deadline has passed and tells of those
 * whose work is open for long. A timer for each would cost more than all the rest of a short session.
 */
export class ActiveSessions {
  readonly #sessions = new Set<ActiveSession>();
  readonly #slowMs: number;
  readonly #onSlow: (session: SlowSession) => void;
  #timer: NodeJS.Timeout | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;

  constructor(slowMs: number, onSlow: (session: SlowSession) => void) {
    this.#slowMs = slowMs;
    this.#onSlow = onSlow;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A set keeps the order of insertion: the first one is the oldest. */
  oldest(): ActiveSession | undefined {
    return this.#sessions.values().next().value;
  }

  add(session: ActiveSession): void {
    if (this.#sessions.size === 0) this.#timer?.ref();
    this.#sessions.add(session);
    this.watch(session);
  }

  delete(session: ActiveSession): void {
    this.#sessions.delete(session);
    // It stays for the next session, but keeps no process alive that has none.
    if (this.#sessions.size === 0) this.#timer?.unref();
  }

  /** Sees to it that the timer goes off in time for `session`. */
  watch(session: ActiveSession): void {
    const dueAtMs = this.#dueAtMs(session);
    if (dueAtMs < this.#wakesAtMs) this.#wakeAt(dueAtMs);
  }

  #dueAtMs({ deadlineAtMs, isSlownessSaid, workSinceMs }: ActiveSession): number {
    if (isSlownessSaid || workSinceMs === undefined) return deadlineAtMs;
    return Math.min(deadlineAtMs, workSinceMs + this.#slowMs);
  }

  #wakeAt(timeMs: number): void {
    clearTimeout(this.#timer);
    this.#wakesAtMs = timeMs;
    this.#timer = undefined;
    if (timeMs === Number.POSITIVE_INFINITY) return;
    // Rounded up: a timer that goes off early would find nothing to do.
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, Math.ceil(timeMs - performance.now())));
    if (this.#sessions.size === 0) this.#timer.unref();
  }

  #wake(): void {
    const nowMs = performance.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const session of this.#sessions) {
      if (session.deadlineAtMs <= nowMs) session.expire();
      else if (this.#dueAtMs(session) <= nowMs) this.#tell(session, nowMs);
      nextMs = Math.min(nextMs, this.#dueAtMs(session));
    }
    this.#wakeAt(nextMs);
  }

  #tell(session: ActiveSession, nowMs: number): void {
    session.isSlownessSaid = true;
    const { name, isReadonly, trace, workSinceMs = nowMs } = session;
    const heldMs = Math.round(nowMs - workSinceMs);
    this.#onSlow({
      name,
      readonly: isReadonly,
      heldMs,
      stack: trace.at.stack ?? '',
      isOwnStack: trace.isOwn,
    });
  }
}
