import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { DerivedFiles } from './derived-files.ts';

export interface DerivedJobsDesk {
  readonly queue: JobQueue;
  readonly derived: DerivedFiles;
  find(id: RecordingId): Promise<Recording | undefined>;
}

export interface DerivedJobs {
  readonly handlers: Readonly<Record<'peaks' | 'playable', JobHandler>>;
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
      peaks: handler((recording, signal, onProgress) =>
        desk.derived.peaks(recording, { signal, onProgress }),
      ),
      playable: handler((recording, signal, onProgress) =>
        desk.derived.playable(recording, { signal, onProgress }),
      ),
    },
    enqueue: async ({ id, isPlayable }) => {
      const job = { payload: { recordingId: id }, dedupeKey: id };
      await desk.queue.enqueue({ kind: 'peaks', ...job });
      if (!isPlayable) await desk.queue.enqueue({ kind: 'playable', ...job });
    },
  };
}
