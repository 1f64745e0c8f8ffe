import type { RecordingAmendment } from '../../../../src/model/recording.ts';
import { backOffMs } from '../../transfer/connection.ts';
import { sentenceOf } from '../../transfer/tus-client.ts';
import type { UploadDesk } from './segment-upload.ts';

export interface AmendDesk extends UploadDesk {
  /** Address of the recordings, with a slash at its end. */
  readonly recordingsUrl: string;
}

const REQUEST_MS = 10_000;
const UNAUTHORISED_PAUSE_MS = 15_000;

/**
 * Tells the server what was written about a take after its upload began. Resolves to null when it stands there (or
 * the recording is gone), and to the server's sentence when it will not have it.
 */
export async function amendRecording(
  desk: AmendDesk,
  recordingId: string,
  amendment: RecordingAmendment,
  signal: AbortSignal,
): Promise<string | null> {
  for (let failures = 1; !signal.aborted; failures++) {
    let status: number;
    try {
      const response = await desk.fetch(`${desk.recordingsUrl}${recordingId}`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(amendment),
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      status = response.status;
      if (response.ok || status === 404 || status === 410) {
        desk.connection.succeeded();
        return null;
      }
      const isPassing = status === 401 || status === 408 || status === 429 || status >= 500;
      if (!isPassing) return await sentenceOf(response);
    } catch {
      status = 0;
    }
    desk.connection.failed(status === 401 ? 'unauthorised' : 'retrying');
    await desk.connection.pause(status === 401 ? UNAUTHORISED_PAUSE_MS : backOffMs(failures, desk.random()));
  }
  return null;
}
