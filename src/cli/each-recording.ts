import type { Recording } from '../model/recording.ts';
import type { Cli } from './cli.ts';
import { forEachNamed } from './each-named.ts';
import { findRecording } from './find-recording.ts';
import type { LibraryDoor } from './library-door.ts';
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
  await forEachNamed<Done>(cli, words, {
    act: async (door, word) => act(door, await findRecording(door, word)),
    doneText: ({ id, title }) => `${doneText}: ${printable(title)} (${shortId(id)})`,
  });
}
