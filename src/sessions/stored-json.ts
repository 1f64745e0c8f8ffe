import { VoiceRecorderError } from '../model/failure.ts';

/** What a column of JSON says. Throws `catalogue-damaged`, naming the row `where`, when it is none any more. */
export function parseStored<T>(text: string, where: () => string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new VoiceRecorderError(
      'catalogue-damaged',
      `The row of ${where()} is damaged: what should be JSON in it is none. Stop the server; "vrp rebuild" makes the ` +
        'catalogue anew from files and sidecars, "vrp restore-backup" puts back the last snapshot.',
      { cause },
    );
  }
}
