import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { planTake } from '../model/take.ts';
import type { DerivedFiles } from './derived-files.ts';
import type { MeasureJobs } from './measure-jobs.ts';
import type { TakeFiles } from './take-files.ts';

/** The upload of a segment ends a moment after its recording is there. */
const SETTLING_MS = 3000;

export interface DerivedJobsDesk {
  readonly queue: JobQueue;
  readonly derived: DerivedFiles;
  find(id: RecordingId): Promise<Recording | undefined>;
  readonly takeFiles: TakeFiles;
  readonly measuring: Pick<MeasureJobs, 'handlers' | 'enqueue'>;
  /** The segments of a take, once none of it is on its way any more; none before that. */
  settledTake(takeId: string): Promise<readonly Recording[]>;
}

export interface DerivedJobs {
  readonly handlers: Readonly<Record<'peaks' | 'playable' | 'joined' | 'measure', JobHandler>>;
  /** Notes down what is to be derived from a new recording, so that it is there before somebody opens it. */
  enqueue(recording: Recording): Promise<void>;
}

/** Derived work as jobs that survive restarts. A recording that is gone by then needs nothing. */
export function derivedJobs(desk: DerivedJobsDesk): DerivedJobs {
  const handler = (
    make: (recording: Recording, signal: AbortSignal, report: (share: number) => void) => Promise<unknown>,
  ): JobHandler => ({
    run: async (payload, { signal, reportProgress }) => {
      const recording = await desk.find((payload as { recordingId: RecordingId }).recordingId);
      if (recording) await make(recording, signal, reportProgress);
    },
  });
  return {
    handlers: {
      ...desk.measuring.handlers,
      peaks: handler((recording, signal, onProgress) =>
        desk.derived.peaks(recording, { signal, onProgress }),
      ),
      playable: handler((recording, signal, onProgress) =>
        desk.derived.playable(recording, { signal, onProgress }),
      ),
      joined: {
        run: async (payload, { signal, reportProgress }) => {
          const { takeId } = payload as { takeId: string };
          const segments = await desk.settledTake(takeId);
          // While a take goes on its segments are not joined again and again; the last one to come notes it down too.
          if (segments.length < 2 || planTake(segments) === undefined) return;
          await desk.takeFiles.peaks(takeId, segments, { signal, onProgress: reportProgress });
        },
      },
    },
    enqueue: async ({ id, kind, isPlayable, takeId, segment }) => {
      // Whoever recorded looks at it now; whoever imported a thousand files looks at the first of them.
      const priority = kind === 'take' ? 'high' : 'normal';
      const job = { payload: { recordingId: id }, dedupeKey: id, priority } as const;
      const isPartOfTake = takeId !== null && (segment ?? 0) > 0;
      const joined = {
        kind: 'joined',
        payload: { takeId },
        dedupeKey: takeId ?? '',
        delayMs: SETTLING_MS,
      } as const;
      // Asked for at once, they share a session.
      await Promise.all([
        desk.queue.enqueue({ kind: 'peaks', ...job }),
        ...(isPlayable ? [] : [desk.queue.enqueue({ kind: 'playable', ...job })]),
        ...(isPartOfTake ? [desk.queue.enqueue(joined)] : []),
        desk.measuring.enqueue(id),
      ]);
    },
  };
}
