import type { HistoryEntry } from '../../../src/model/history.ts';
import type { Take, TakeAmendment } from '../../../src/model/take.ts';
import { requestJson } from './http.ts';
import { PEAK_PAIRS, type Peaks } from './recordings.ts';

function address(takeId: string): string {
  return `/api/takes/${encodeURIComponent(takeId)}`;
}

export function fetchTake(takeId: string, signal?: AbortSignal): Promise<Take> {
  return requestJson(address(takeId), { signal });
}

/** Rejects with `version-conflict` (412) when a segment of the take is no longer as it was. */
export function amendTake(takeId: string, amendment: TakeAmendment, version: string): Promise<Take> {
  const headers = { 'if-match': `"${version}"` };
  return requestJson(address(takeId), { method: 'PATCH', body: amendment, headers });
}

/** Markers belong to one segment; all else that people change is the same in all of them. */
export function isOfWholeTake({ before }: HistoryEntry): boolean {
  return before.markers === undefined;
}

/** Puts back in all segments what a change of the take had found. */
export function undoInTake(take: Take, { before }: HistoryEntry): Promise<Take> {
  const { isTrashed, markers: _ofOneSegment, ...fields } = before;
  if (isTrashed === undefined) return amendTake(take.takeId, fields, take.version);
  return isTrashed ? trashTake(take.takeId) : restoreTake(take.takeId);
}

export function trashTake(takeId: string): Promise<Take> {
  return requestJson(address(takeId), { method: 'DELETE' });
}

export function restoreTake(takeId: string): Promise<Take> {
  return requestJson(`${address(takeId)}/restore`, { method: 'POST' });
}

export function fetchTakePeaks(takeId: string, signal?: AbortSignal): Promise<Peaks> {
  return requestJson(`${address(takeId)}/peaks?width=${PEAK_PAIRS}`, { signal });
}

/** What browsers play of all segments together. */
export function joinedAddress(takeId: string): string {
  return `${address(takeId)}/audio?rendition=playable`;
}

export function joinedDownloadAddress(takeId: string): string {
  return `${address(takeId)}/audio?download`;
}
