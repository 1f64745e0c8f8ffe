import { VoiceRecorderError } from '../model/failure.ts';
import { isId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import { everyRecording, type LibraryView } from './library-door.ts';

const SHORTEST = 8;

/**
 * The recording that `word` names: a whole id, or 8 or more characters from its beginning or end that no other one
 * shares. Rejects with `recording-unknown` or `usage`.
 */
export async function findRecording(door: LibraryView, word: string): Promise<Recording> {
  const id = word.toLowerCase();
  const isWhole: boolean = isId(id);
  if (isWhole) {
    const recording = await door.find(id);
    if (recording) return recording;
    throw unknownRecording(id);
  }
  if (!/^[0-9a-f-]+$/.test(id) || id.length < SHORTEST || id.length > 36) {
    throw new VoiceRecorderError(
      'usage',
      `"${word}" is not the id of a recording: expected the id that "vrp list" shows, or at least ${SHORTEST} characters of it.`,
    );
  }
  const matches: Recording[] = [];
  for (const isTrashed of [false, true]) {
    for await (const recording of everyRecording(door, isTrashed)) {
      if (recording.id.startsWith(id) || recording.id.endsWith(id)) matches.push(recording);
    }
  }
  const [match, ...others] = matches;
  if (match && others.length === 0) return match;
  if (!match)
    throw new VoiceRecorderError(
      'recording-unknown',
      `No recording has an id with ${id} at its beginning or end.`,
    );
  throw new VoiceRecorderError(
    'usage',
    `${id} stands for ${matches.length} recordings: ${matches
      .map((one) => one.id)
      .slice(0, 5)
      .join(', ')}. Give more of the id.`,
  );
}
