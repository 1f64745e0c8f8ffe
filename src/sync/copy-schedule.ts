import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import type { RecordingId } from '../model/id.ts';
import type { CopyService, CopyServiceDesk } from './copy-service.ts';
import type { Target } from './target-book.ts';
import { pauseMs } from './target-sync.ts';

export interface CopyScheduleDesk extends Pick<CopyServiceDesk, 'book' | 'ledger' | 'report'> {
  readonly clock: Clock;
  readonly service: CopyService;
  readonly queue: Pick<JobQueue, 'enqueue'>;
  /** How old the last reading of a copy may grow. */
  readonly recheckDays: number;
  onFailure(error: unknown): void;
}

const KIND = 'copy';
const DAY_MS = 24 * 60 * 60 * 1000;
/** Looks so often what is due; what is added is heard of at once. */
const LOOK_MS = 5_000;
const TARGETS_AT_ONCE = 4;

/** Keeps the copies up to date in a program that goes on running. */
export class CopySchedule {
  readonly #desk: CopyScheduleDesk;
  /** Targets that were surveyed since this program started. */
  readonly #surveyed = new Set<string>();
  /** When a target that did not answer is asked again, and how often it was. */
  readonly #resting = new Map<string, { readonly untilMs: number; readonly tries: number }>();
  readonly #owed = new Set<RecordingId>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(desk: CopyScheduleDesk) {
    this.#desk = desk;
  }

  /** A recording was added or changed. */
  note(id: RecordingId): void {
    this.#owed.add(id);
  }

  start(): () => Promise<void> {
    const look = () => {
      this.#looking = this.#look().catch((error: unknown) => this.#desk.onFailure(error));
      void this.#looking.then(() => {
        if (this.#timer !== undefined) this.#timer = setTimeout(look, LOOK_MS).unref();
      });
    };
    this.#timer = setTimeout(look, 0).unref();
    return async () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await this.#looking;
    };
  }

  /** Jobs of this kind: one for each target that owes something, which ends when nothing is due any more. */
  get handlers(): Readonly<Record<string, JobHandler>> {
    return {
      [KIND]: {
        concurrency: TARGETS_AT_ONCE,
        run: async (payload, { signal, reportProgress }) => {
          const { targetId } = payload as { readonly targetId: string };
          const target = this.#desk.book.list().find(({ id }) => id === targetId);
          if (target === undefined) return;
          const { owedBytes } = await this.#desk.report.summary(target);
          let doneBytes = 0;
          const { fault } = await this.#desk.service.round(target, {
            signal,
            recheckBefore: this.#recheckBefore(),
            onProgress: ({ state, sizeBytes }) => {
              if (state !== 'verified') return;
              doneBytes += sizeBytes;
              if (owedBytes > 0) reportProgress(Math.min(1, doneBytes / owedBytes));
            },
          });
          this.#rest(target, fault !== null && !signal.aborted);
        },
      },
    };
  }

  #rest({ id }: Target, isResting: boolean): void {
    if (!isResting) {
      this.#resting.delete(id);
      return;
    }
    const tries = (this.#resting.get(id)?.tries ?? 0) + 1;
    this.#resting.set(id, { untilMs: this.#desk.clock.monotonicMs() + pauseMs(tries), tries });
  }

  #recheckBefore(): string {
    return toIsoUtc(this.#desk.clock.nowMs() - this.#desk.recheckDays * DAY_MS);
  }

  async #look(): Promise<void> {
    const { book, ledger, report, queue, service, clock } = this.#desk;
    for (const gone of book.removed()) {
      await ledger.forget(gone);
      book.forgotten(gone.id);
    }
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const target of book.list()) {
      if (!this.#surveyed.has(target.id)) {
        await service.survey(target);
        this.#surveyed.add(target.id);
      }
      for (const id of owed) await ledger.owe(target, id);
      if ((this.#resting.get(target.id)?.untilMs ?? 0) > clock.monotonicMs()) continue;
      const isOld = (await report.oldestVerified(target, this.#recheckBefore(), 1)).length > 0;
      if (!isOld && !(await report.isAnyDue(target))) continue;
      await queue.enqueue({
        kind: KIND,
        payload: { targetId: target.id },
        dedupeKey: target.id,
        priority: 'low',
      });
    }
  }
}
