import type { RebuildOptions } from '../rebuild-store.ts';
import type { Cli } from './cli.ts';
import { openFileBar } from './file-bar.ts';
import { requireStore } from './library-door.ts';
import { overridesOf } from './store-place.ts';

/** A server that is just stopping gets this long to let go of the store. */
const LOCK_WAIT_MS = 5_000;

/** Work on a whole store that nobody else may have open, with a bar over its files. Ctrl-C stops it. */
export async function onClosedStore<Report>(
  cli: Cli,
  work: (options: RebuildOptions) => Promise<Report>,
  { mayBeNew = false } = {},
): Promise<Report> {
  if (!mayBeNew) await requireStore(cli);
  const { environment } = cli.store;
  const bar = cli.output.hasProgress ? await openFileBar() : undefined;
  try {
    return await work({
      ...(environment === undefined ? {} : { environment }),
      overrides: overridesOf(cli.store),
      lockWaitMs: LOCK_WAIT_MS,
      signal: cli.interruption,
      onProgress: ({ filesDone, fileCount }) => bar?.update(filesDone, fileCount),
    });
  } finally {
    bar?.stop();
  }
}
