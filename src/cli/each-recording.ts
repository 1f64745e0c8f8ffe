import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { Cli } from './cli.ts';
import { findRecording } from './find-recording.ts';
import { type LibraryDoor, withLibrary } from './library-door.ts';
import { shortId } from './recording-text.ts';
import { printable } from './terminal-text.ts';

/**
 * Does the same to several recordings. One that fails does not keep the others from being done; when it is the only
 * one, its error is the command's. `act` answers undefined for what was left alone.
 */
export async function forEachRecording<
  Done extends { readonly id: string; readonly title: string } = Recording,
>(
  cli: Cli,
  words: readonly string[],
  doneText: string,
  act: (door: LibraryDoor, recording: Recording) => Promise<Done | undefined>,
): Promise<void> {
  const { output } = cli;
  const items: Done[] = [];
  const failed: { id: string; error: { code: string; message: string } }[] = [];
  await withLibrary(cli, async (door) => {
    for (const word of words) {
      try {
        const done = await act(door, await findRecording(door, word));
        if (done === undefined) continue;
        items.push(done);
        if (!output.isJson) output.line(`${doneText}: ${printable(done.title)} (${shortId(done.id)})`);
      } catch (error) {
        if (!(error instanceof VoiceRecorderError) || words.length === 1) throw error;
        failed.push({ id: word, error: { code: error.code, message: error.message } });
        output.note(
          `${output.paint('red', 'Failed:', 'stderr')} ${printable(error.message)} [${error.code}]`,
        );
        cli.markFailed();
      }
    }
  });
  if (output.isJson) output.document({ items, failed });
}
