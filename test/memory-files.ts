import { systemClock } from '../src/model/clock.ts';
import { VoiceRecorderError } from '../src/model/failure.ts';
import type { RecorderEvent } from '../src/model/recorder-event.ts';
import type { Recording } from '../src/model/recording.ts';
import { unknownRecording } from '../src/model/unknown-recording.ts';
import { JoinedCleanup } from '../src/storage/joined-cleanup.ts';
import { MeasuredFiles } from '../src/storage/measured-files.ts';
import { OperationMeter } from '../src/storage/operation-meter.ts';
import type { Cleanup, StoredFiles } from '../src/stored-files.ts';
import type { Verification } from '../src/verify/verification.ts';
import type { Library, Uploads } from '../src/voice-recorder.ts';

/** The door to stored files, with purging on maps. */
export function memoryFiles(
  recordings: Map<string, Recording>,
  bytesOf: Map<string, Buffer>,
  library: Library,
  uploads: Uploads,
  verify: Verification['verify'],
  onPurged: (id: string) => void,
): StoredFiles {
  return new MeasuredFiles({
    library,
    uploads,
    meter: new OperationMeter(systemClock, () => undefined),
    localPath: (key) => key,
    verify,
    requireHere: async () => undefined,
    purge: async (id, { expectedVersion }) => {
      const recording = recordings.get(id);
      if (!recording) throw unknownRecording(id);
      if (expectedVersion !== undefined && expectedVersion !== recording.version)
        throw new VoiceRecorderError(
          'version-conflict',
          `Expected version ${expectedVersion}, found ${recording.version}.`,
        );
      const { title, checksum, filesizeBytes } = recording;
      recordings.delete(id);
      bytesOf.delete(id);
      onPurged(id);
      return { id, title, checksum, purgedAt: recording.createdAt, freedBytes: filesizeBytes };
    },
    figures: () => Promise.reject(new VoiceRecorderError('internal', 'Nothing is counted in memory.')),
  });
}

/** One way to make room: a waveform that is there as long as nobody lets it go. */
export function memoryCleanup(emit: (event: RecorderEvent) => void): Cleanup {
  let isThere = true;
  return new JoinedCleanup(
    [
      {
        kind: 'derived',
        risk: 'none',
        describe: () => 'A waveform.',
        async *find() {
          if (isThere) yield { name: 'derived/waveform', bytes: 1000, id: null };
        },
        remove: async () => {
          isThere = false;
          return 1000;
        },
      },
    ],
    (progress) => emit({ type: 'cleanup-progress', ...progress }),
  );
}
