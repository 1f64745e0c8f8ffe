import { runInLogContext } from '../log/log-context.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { Job } from '../model/job.ts';
import type { JobHandler } from './job-handler.ts';
import type { JobFault, JobQueue, LeasedJob } from './job-queue.ts';

// Several beats fit into one lease, so that one failed or late beat does not lose it.
const BEATS_PER_LEASE = 4;
// A page that watches a job sees it move; the database does not see every percent.
const PROGRESS_INTERVAL_MS = 500;

/** One lease of one job: its handler, its heart, and what is entered at its end. */
export class JobAttempt {
  readonly job: Job;
  /** Never rejects. */
  readonly ended: Promise<void>;
  readonly #queue: JobQueue;
  readonly #fence: number;
  readonly #leaseMs: number;
  readonly #controller = new AbortController();
  readonly #end = Promise.withResolvers<void>();
  #stopReason: 'cancelled' | 'parked' | 'lost' | undefined;
  #progress = 0;
  #beat: Promise<void> | undefined;
  #progressTimer: NodeJS.Timeout | undefined;

  constructor(queue: JobQueue, job: LeasedJob, leaseMs: number) {
    this.job = job;
    this.#queue = queue;
    this.#fence = job.fence;
    this.#leaseMs = leaseMs;
    this.ended = this.#end.promise;
  }

  /** Rejects only when the end could not be entered in the queue. */
  async run(handler: JobHandler): Promise<void> {
    const heart = setInterval(() => this.#sendBeat(), this.#leaseMs / BEATS_PER_LEASE).unref();
    let fault: JobFault | undefined;
    try {
      await runInLogContext({ jobId: this.job.id, jobKind: this.job.kind }, () => this.#handle(handler));
    } catch (error) {
      fault = toFault(error);
    } finally {
      clearInterval(heart);
      clearTimeout(this.#progressTimer);
      await this.#beat;
    }
    try {
      await this.#enter(fault);
    } finally {
      this.#end.resolve();
    }
  }

  #handle(handler: JobHandler): Promise<void> {
    return handler.run(this.job.payload, {
      job: this.job,
      fence: this.#fence,
      signal: this.#controller.signal,
      underFence: (work) => this.#queue.underFence(this.job.id, this.#fence, work),
      reportProgress: (share) => this.#noteProgress(share),
    });
  }

  cancel(): void {
    this.#stop('cancelled', new VoiceRecorderError('job-cancelled', `Job ${this.job.id} was cancelled.`));
  }

  /** Stops the handler; the job goes back to the queue. */
  park(): void {
    this.#stop(
      'parked',
      new VoiceRecorderError('interrupted', `Job ${this.job.id} waits for the next start.`),
    );
  }

  /** A handler that ended well in spite of being stopped has done its work all the same. */
  async #enter(fault: JobFault | undefined): Promise<void> {
    const { id } = this.job;
    if (!fault) await this.#queue.complete(id, this.#fence);
    else if (this.#stopReason === 'cancelled') await this.#queue.acknowledgeCancel(id, this.#fence);
    else if (this.#stopReason === 'parked') await this.#queue.release(id, this.#fence);
    else if (this.#stopReason === undefined) await this.#queue.fail(id, this.#fence, fault);
  }

  #stop(reason: 'cancelled' | 'parked' | 'lost', error: VoiceRecorderError): void {
    if (this.#stopReason) return;
    this.#stopReason = reason;
    this.#controller.abort(error);
  }

  #noteProgress(share: number): void {
    this.#progress = share;
    this.#progressTimer ??= setTimeout(() => {
      this.#progressTimer = undefined;
      this.#sendBeat();
    }, PROGRESS_INTERVAL_MS).unref();
  }

  #sendBeat(): void {
    this.#beat ??= this.#queue
      .heartbeat(this.job.id, this.#fence, { leaseMs: this.#leaseMs, progress: this.#progress })
      .then(({ isCancelRequested }) => {
        if (isCancelRequested) this.cancel();
      })
      .catch((error: unknown) => this.#hearFailedBeat(error))
      .finally(() => {
        this.#beat = undefined;
      });
  }

  /** A busy or full database may answer the next beat; a lost lease never comes back. */
  #hearFailedBeat(error: unknown): void {
    if (failureCodeOf(error) !== 'job-lease-lost') return;
    const message = `Job ${this.job.id} was given to another holder.`;
    this.#stop('lost', new VoiceRecorderError('job-lease-lost', message, { cause: error }));
  }
}

/** An error that is not ours may pass (a descriptor too many, a device that hiccups): it is tried again. */
function toFault(error: unknown): JobFault {
  if (error instanceof VoiceRecorderError) {
    return { code: error.code, message: error.message, isRetryable: error.isRetryable };
  }
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    isRetryable: true,
  };
}
