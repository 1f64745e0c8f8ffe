import { useRecording, useTake } from '../api/queries.ts';
import { playableAddress } from '../api/recordings.ts';
import { joinedAddress } from '../api/takes.ts';

/**
 * Where the sound of a recording can be had, and that of its whole take when it came in several segments. A further
 * segment, which an event of the server tells of, makes another address.
 */
export function usePlayableSource(id: string): string {
  const takeId = useRecording(id).data?.takeId ?? null;
  const segments = useTake(takeId).data?.segments ?? [];
  if (takeId === null || segments.length < 2) return playableAddress(id);
  return `${joinedAddress(takeId)}&parts=${segments.length}`;
}
