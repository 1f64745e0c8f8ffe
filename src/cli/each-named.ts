import { VoiceRecorderError } from '../model/failure.ts';
import type { Cli } from './cli.ts';
import { type LibraryDoor, withLibrary } from './library-door.ts';
import { printable } from './terminal-text.ts';

export interface NamedWork<Done> {
  /** Answers undefined for what was left alone. */
  act(door: LibraryDoor, word: string): Promise<Done | undefined>;
  doneText(done: Done): string;
  /** When all are done, before the library is closed. */
  finish?(door: LibraryDoor, items: readonly Done[]): void;
}

/**
 * Does the same to all that `words` name. One that fails does not keep the others from being done; when it is the only
 * one, its error is the command's.
 */
export async function forEachNamed<Done>(
  cli: Cli,
  words: readonly string[],
  work: NamedWork<Done>,
): Promise<void> {
  const { output } = cli;
  const items: Done[] = [];
  const failed: { id: string; error: { code: string; message: string } }[] = [];
  await withLibrary(cli, async (door) => {
    for (const word of words) {
      try {
        const done = await work.act(door, word);
        if (done === undefined) continue;
        items.push(done);
        if (!output.isJson) output.line(work.doneText(done));
      } catch (error) {
        if (!(error instanceof VoiceRecorderError) || words.length === 1) throw error;
        failed.push({ id: word, error: { code: error.code, message: error.message } });
        output.note(
          `${output.paint('red', 'Failed:', 'stderr')} ${printable(error.message)} [${error.code}]`,
        );
        cli.markFailed();
      }
    }
    work.finish?.(door, items);
  });
  if (output.isJson) output.document({ items, failed });
}
