import { listParameters } from '../../../src/model/list-parameters.ts';
import type {
  Recording,
  RecordingAmendment,
  RecordingPage,
  RecordingQuery,
} from '../../../src/model/recording.ts';
import type { RepairOutcome } from '../../../src/model/repair.ts';
import type { FixityCheck } from '../../../src/model/verification.ts';
import { requestJson } from './http.ts';

/** Which recordings a list shows, and in which order. */
export type RecordingFilter = Omit<RecordingQuery, 'cursor' | 'limit' | 'isGrouped'>;

const PAGE_SIZE = 100;
/** Pairs of a waveform: enough for the widest page. */
export const PEAK_PAIRS = 1600;

function address(id: string): string {
  return `/api/recordings/${encodeURIComponent(id)}`;
}

export function fetchRecordingPage(
  filter: RecordingFilter,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<RecordingPage> {
  const query = { ...filter, limit: PAGE_SIZE, ...(cursor !== null && { cursor }) };
  // A take of several segments is one row.
  return requestJson(`/api/recordings?${listParameters({ ...query, isGrouped: true })}`, { signal });
}

export function fetchRecording(id: string, signal?: AbortSignal): Promise<Recording> {
  return requestJson(address(id), { signal });
}

/** Rejects with `version-conflict` (412) when the recording is no longer at `version`. */
export function amendRecording(
  id: string,
  amendment: RecordingAmendment,
  version: number,
): Promise<Recording> {
  const headers = { 'if-match': `"${version}"` };
  return requestJson(address(id), { method: 'PATCH', body: amendment, headers });
}

export function trashRecording(id: string): Promise<Recording> {
  return requestJson(address(id), { method: 'DELETE' });
}

export function restoreRecording(id: string): Promise<Recording> {
  return requestJson(`${address(id)}/restore`, { method: 'POST' });
}

/** Reads the original again, all of it. */
export function verifyRecording(id: string): Promise<FixityCheck> {
  return requestJson(`${address(id)}/verify`, { method: 'POST' });
}

/** Puts right what can be, in a new recording or with the bytes of a copy. */
export function repairRecording(id: string): Promise<RepairOutcome> {
  return requestJson(`${address(id)}/repair`, { method: 'POST' });
}

/** For good. Needs the role admin. */
export function purgeRecording(id: string): Promise<{ readonly freedBytes: number }> {
  return requestJson(`${address(id)}?purge=true`, { method: 'DELETE' });
}

export interface Peaks {
  readonly durationSeconds: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export function fetchPeaks(id: string, signal?: AbortSignal): Promise<Peaks> {
  return requestJson(`${address(id)}/peaks?width=${PEAK_PAIRS}`, { signal });
}

export function fetchTags(
  signal?: AbortSignal,
): Promise<{ items: readonly { tag: string; count: number }[] }> {
  return requestJson('/api/tags', { signal });
}

export function playableAddress(id: string): string {
  return `${address(id)}/audio?rendition=playable`;
}

export function downloadAddress(id: string): string {
  return `${address(id)}/audio?download`;
}
