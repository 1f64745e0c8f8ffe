import type { BlobKey } from '../blobs/blob-store.ts';
import type { RecordingRepository } from '../catalogue/recording-repository.ts';
import type { JobHandler } from '../jobs/job-handler.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Media } from '../media/media.ts';
import { MEASURE_JOB } from '../model/audio-measurement.ts';
import type { RecordingId } from '../model/id.ts';
import type { JobPriority } from '../model/job.ts';
import type { Recording } from '../model/recording.ts';

const PAGE_SIZE = 200;
/** Whoever just stopped or imported waits for peaks and lists; what nobody waits for comes after them. */
const DELAY_MS = 2000;

export interface MeasureDesk {
  readonly queue: Pick<JobQueue, 'enqueue'>;
  readonly media: Pick<Media, 'measure'>;
  readonly recordings: Pick<RecordingRepository, 'find' | 'keepMeasurement' | 'listUnmeasured'>;
  localPath(key: BlobKey): string;
  /** Hears of each recording whose measurement was kept. */
  readonly onMeasured: (recording: Recording) => void;
  readonly onFault: (error: unknown) => void;
}

export interface MeasureJobs {
  readonly handlers: Readonly<Record<typeof MEASURE_JOB, JobHandler>>;
  /** Notes down that a recording is to be measured; harmless when repeated. */
  enqueue(id: RecordingId): Promise<void>;
  /**
   * Does the same, in the background, for all that were never measured: those of earlier versions of this program, and
   * those a crash forgot. The returned function ends it.
   */
  start(): () => Promise<void>;
}

/** Measures each recording once, in the background: checksum of its audio, loudness, silence. */
export function measureJobs(desk: MeasureDesk): MeasureJobs {
  const noteDown = async (id: RecordingId, priority: JobPriority) => {
    await desk.queue.enqueue({
      kind: MEASURE_JOB,
      payload: { recordingId: id },
      dedupeKey: id,
      delayMs: DELAY_MS,
      priority,
    });
  };
  return {
    handlers: {
      [MEASURE_JOB]: {
        run: async (payload, { signal, reportProgress, underFence }) => {
          const { recordingId } = payload as { recordingId: RecordingId };
          const recording = await desk.recordings.find(recordingId);
          if (!recording || recording.audioChecksum !== null || recording.status === 'placing') return;
          const path = desk.localPath(recording.storedFilename);
          const measurement = await desk.media.measure(path, { signal, onProgress: reportProgress });
          // Whoever stood still while the file was healed must not enter what the damaged one sounded like.
          const keep = () => desk.recordings.keepMeasurement(recordingId, measurement);
          desk.onMeasured(await underFence(keep));
        },
      },
    },
    enqueue: (id) => noteDown(id, 'normal'),
    start: () => {
      const stop = new AbortController();
      // What came today goes before what was never measured for years.
      const done = enqueueMissing(desk, (id) => noteDown(id, 'low'), stop.signal).catch(desk.onFault);
      return () => {
        stop.abort();
        return done;
      };
    },
  };
}

async function enqueueMissing(
  { recordings }: MeasureDesk,
  enqueue: (id: RecordingId) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let after = ''; !signal.aborted; ) {
    const ids = await recordings.listUnmeasured(after, PAGE_SIZE);
    const last = ids.at(-1);
    if (last === undefined) return;
    // Together they are committed together.
    await Promise.all(ids.map(enqueue));
    after = last;
  }
}
