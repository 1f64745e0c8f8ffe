import type { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import { revive } from '../threads/carried-error.ts';
import { asSpoolFailure, isDiskFull } from './disk.ts';
import type { ReplayResult } from './replay-logs.ts';
import type { SpoolHands } from './spool-hands.ts';
import type { UploadsDesk } from './uploads-desk.ts';

/** What became of the uploads that the write-ahead logs of earlier runs speak of. */
export interface PlayedBack {
  /** Why an upload's own files could not be written; nothing for one that is well. */
  failureOf(id: RecordingId): VoiceRecorderError | undefined;
}

/**
 * A function that plays the logs back when it is first called, and never rejects. Everybody waits for the same run; one
 * that failed is repeated by whoever asks next.
 */
export function oncePlayedBack(
  desk: UploadsDesk,
  hands: SpoolHands,
  numbers: readonly number[],
): () => Promise<PlayedBack> {
  const request = { spoolPath: desk.spoolPath, numbers: numbers.toSorted((a, b) => a - b) };
  let run: Promise<PlayedBack> | null = null;
  async function playBack(): Promise<PlayedBack> {
    if (numbers.length === 0) return { failureOf: () => undefined };
    let result = await hands.replay(request);
    if (result.failed.some(isDiskFull)) {
      await desk.onDiskFull?.();
      result = await hands.replay(request);
    }
    tell(desk, result);
    if (result.failed.length > 0) run = null;
    const failures = new Map(result.failed.map((failure) => [failure.id, failure]));
    return {
      failureOf(id) {
        const failure = failures.get(id);
        if (failure === undefined) return undefined;
        return asSpoolFailure(revive(failure), `the end of upload ${id}`);
      },
    };
  }
  return () => {
    run ??= playBack().catch((error: unknown) => {
      run = null;
      const failure = asSpoolFailure(error, 'the write-ahead log of the spool');
      return { failureOf: () => failure };
    });
    return run;
  };
}

function tell(desk: UploadsDesk, { restored, failed }: ReplayResult): void {
  if (restored > 0)
    desk.log?.('info', `${restored} pieces of uploads came back from the write-ahead log.`, { restored });
  for (const { id, code, message } of failed)
    desk.log?.('error', `The write-ahead log could not be played back for upload ${id}: ${message}`, {
      id,
      code,
    });
}
