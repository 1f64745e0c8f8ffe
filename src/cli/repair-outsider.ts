import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Cli } from './cli.ts';
import { findRecording } from './find-recording.ts';
import { openImportBar } from './import-bar.ts';
import { isHere, openLibraryView } from './library-door.ts';
import { printable } from './terminal-text.ts';

interface OutsiderWish {
  readonly file: string;
  readonly output: string;
  /** A file, or what names a recording. */
  readonly like: string | undefined;
}

/** Repairs a file that is in no library, because it could not be imported or is not meant to be. */
export async function repairOutsider(cli: Cli, wish: OutsiderWish): Promise<void> {
  const { output, interruption: signal } = cli;
  const path = resolve(wish.file);
  const likePath = wish.like === undefined ? undefined : await findExample(cli, wish.like);
  // Whoever has no such file is told by the repair.
  const totalBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
  const showsBar = output.hasProgressBesideLines && totalBytes > 0;
  const bar = showsBar ? await openImportBar(totalBytes, 1) : undefined;
  try {
    const { repairFile } = await import('../repair-file.ts');
    const repaired = await repairFile(path, wish.output, {
      signal,
      onProgress: (share) => bar?.update(share * totalBytes),
      ...(likePath && { likePath }),
    });
    bar?.stop();
    if (output.isJson) output.jsonLine(repaired);
    else {
      const label = repaired.outcome === 'sound' ? 'Sound' : 'Repaired';
      output.line(`${output.paint('green', label)}: ${printable(repaired.message)}`);
      if (repaired.output !== null) output.note(`To bring it in: vrp import ${printable(repaired.output)}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    cli.markInterrupted();
  } finally {
    bar?.stop();
  }
}

async function findExample(cli: Cli, like: string): Promise<string> {
  if (existsSync(like)) return resolve(like);
  const view = await openLibraryView(cli);
  try {
    const example = await findRecording(view, like);
    if (isHere(view, example)) return join(view.dataDir, example.storedFilename);
    throw new VoiceRecorderError(
      'stored-elsewhere',
      `The audio of "${example.title}" (${example.id}) lies in another store, ${example.storeId}: name one of this store.`,
    );
  } finally {
    await view.close();
  }
}
