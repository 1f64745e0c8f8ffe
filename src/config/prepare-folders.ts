import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderDurablyNow } from '../durable/folder.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { foldersOf, type PathLayout } from './path-layout.ts';

/** Makes what is missing of the store's folders (0700) and proves by writing that they can be used. */
export function prepareFolders(
  store: PathLayout & { readonly dataDir: string; readonly stateDir: string },
): void {
  for (const folder of [store.dataDir, ...foldersOf(store), store.stateDir]) makeFolder(folder);
  for (const folder of [store.dataDir, store.rawRecordingsPath, store.spoolPath]) proveWritable(folder);
}

function makeFolder(folder: string): void {
  try {
    makeFolderDurablyNow(folder);
  } catch (cause) {
    throw notWritable(folder, cause);
  }
}

/** The same name for every process, so that the next one takes away what a killed one left. */
const PROOF_NAME = '.vrp-write-test';

function proveWritable(folder: string): void {
  const proof = join(folder, PROOF_NAME);
  try {
    const descriptor = openSync(proof, 'w', 0o600);
    try {
      writeSync(descriptor, 'x');
    } finally {
      closeSync(descriptor);
      // Another process that proves the same may have been faster.
      rmSync(proof, { force: true });
    }
  } catch (cause) {
    // A full disk must not keep people from opening, playing and purging what they have.
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return;
    throw notWritable(folder, cause);
  }
}

function notWritable(folder: string, cause: unknown): VoiceRecorderError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VoiceRecorderError(
    'store-not-writable',
    `The folder ${folder} cannot be used: expected a folder this user may write to, but ${reason}. ` +
      'Choose another with --data-dir or mend its permissions.',
    { cause, details: { folder } },
  );
}
