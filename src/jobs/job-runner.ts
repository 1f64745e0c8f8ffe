import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { Job } from '../model/job.ts';
import { JobAttempt } from './job-attempt.ts';
import type { JobHandler } from './job-handler.ts';
import type { JobQueue } from './job-queue.ts';

const LEASE_MS = 60_000;
const POLL_MS = 2_000;

export interface JobRunnerDesk {
  readonly queue: JobQueue;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** How long a crashed holder keeps its job; 60,000 when not given. */
  readonly leaseMs?: number;
  /** How often work that became due by the clock alone is looked for; 2,000 when not given. */
  readonly pollMs?: number;
  /** Told when the queue itself fails; the runner goes on with its next look. */
  readonly onFault?: (error: unknown) => void;
}

/** Runs queued jobs in this process, each kind with its own number at once. */
export class JobRunner {
  readonly #desk: JobRunnerDesk;
  readonly #running = new Map<string, Set<JobAttempt>>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | undefined;
  #isLookWanted = false;
  #isStopped = false;

  constructor(desk: JobRunnerDesk) {
    this.#desk = desk;
    for (const [kind, { concurrency = 1 }] of Object.entries(desk.handlers)) {
      if (!(Number.isInteger(concurrency) && concurrency >= 1)) {
        const message = `Jobs of the kind "${kind}" cannot run ${concurrency} at once; expected 1 or more.`;
        throw new VoiceRecorderError('invalid-input', message);
      }
      this.#running.set(kind, new Set());
    }
  }

  start(): void {
    this.#unsubscribe = this.#desk.queue.subscribe((job) => this.#hear(job));
    this.#timer = setInterval(() => this.#wake(), this.#desk.pollMs ?? POLL_MS).unref();
    this.#wake();
  }

  /**
   * Takes no more jobs, waits up to `patienceMs` for those under way, then tells them to stop and gives them back
   * to the queue unharmed.
   */
  async stop(options: { readonly patienceMs?: number } = {}): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    await this.#look;
    const attempts = [...this.#running.values()].flatMap((set) => [...set]);
    const ended = Promise.all(attempts.map((attempt) => attempt.ended));
    const park = setTimeout(() => {
      for (const attempt of attempts) attempt.park();
    }, options.patienceMs ?? 0);
    await ended;
    clearTimeout(park);
  }

  #hear(job: Job): void {
    if (job.state === 'queued') this.#wake();
    if (!job.isCancelRequested) return;
    for (const attempt of this.#running.get(job.kind) ?? []) {
      if (attempt.job.id === job.id) attempt.cancel();
    }
  }

  #wake(): void {
    if (this.#isStopped) return;
    this.#isLookWanted = true;
    this.#look ??= this.#fillSlots()
      .catch((error: unknown) => this.#desk.onFault?.(error))
      .finally(() => {
        this.#look = undefined;
        // Asked for between the last look and its end.
        if (this.#isLookWanted && !this.#isStopped) this.#wake();
      });
  }

  async #fillSlots(): Promise<void> {
    while (this.#isLookWanted && !this.#isStopped) {
      this.#isLookWanted = false;
      const kinds = this.#freeKinds();
      const job = await this.#desk.queue.lease(kinds, this.#desk.leaseMs ?? LEASE_MS);
      if (!job) continue;
      this.#begin(job.kind, new JobAttempt(this.#desk.queue, job, this.#desk.leaseMs ?? LEASE_MS));
      this.#isLookWanted = true;
    }
  }

  #freeKinds(): string[] {
    return Object.entries(this.#desk.handlers)
      .filter(([kind, handler]) => (this.#running.get(kind)?.size ?? 0) < (handler.concurrency ?? 1))
      .map(([kind]) => kind);
  }

  #begin(kind: string, attempt: JobAttempt): void {
    const handler = this.#desk.handlers[kind];
    const slots = this.#running.get(kind);
    if (!handler || !slots)
      throw new VoiceRecorderError('internal', `A job of the unknown kind "${kind}" was leased.`);
    slots.add(attempt);
    attempt
      .run(handler)
      // Its lease was lost or the database failed: the lease runs out, and the job is done again.
      .catch((error: unknown) => {
        if (failureCodeOf(error) !== 'job-lease-lost') this.#desk.onFault?.(error);
      })
      .finally(() => {
        slots.delete(attempt);
        this.#wake();
      });
  }
}
