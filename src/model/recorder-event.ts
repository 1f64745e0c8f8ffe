import type { Alert } from './alert.ts';
import type { CleanupProgress } from './cleanup.ts';
import type { CopyProgress } from './copy.ts';
import type { JobState } from './job.ts';
import type { Recording } from './recording.ts';

/** What a listening page or program is told, at once and without asking. */
export type RecorderEvent =
  | { readonly type: 'recording-added'; readonly recording: Recording }
  | { readonly type: 'recording-changed'; readonly recording: Recording }
  | { readonly type: 'recording-purged'; readonly recordingId: string }
  /** Many recordings, or nobody knows which: whoever shows some asks for them anew. */
  | { readonly type: 'library-changed' }
  | { readonly type: 'alert-changed'; readonly alert: Alert }
  | ({ readonly type: 'cleanup-progress' } & CleanupProgress)
  | ({ readonly type: 'copy-changed' } & CopyProgress)
  | { readonly type: 'upload-progress'; readonly uploadId: string; readonly offsetBytes: number }
  | {
      readonly type: 'job-changed';
      readonly jobId: string;
      readonly kind: string;
      readonly state: JobState;
      /** Share from 0 to 1. */
      readonly progress: number;
      readonly changedAt: string;
    };
