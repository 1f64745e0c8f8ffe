import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { LogListener } from '../open-options.ts';
import { oweLostSidecars } from '../rebuild/lost-sidecars.ts';

/** Looks once, in the background, for sidecars that are gone. The returned function ends the search. */
export function startSidecarSearch(parts: {
  readonly dataDir: string;
  readonly catalogue: Catalogue;
  readonly sidecars: { wake(): void };
  readonly log: LogListener;
}): () => Promise<void> {
  const { dataDir, catalogue, sidecars, log } = parts;
  const ending = new AbortController();
  const search = oweLostSidecars({
    dataDir,
    streamAll: () => catalogue.recordings.streamAll(),
    oweSidecars: (ids) => catalogue.known.oweSidecars(ids),
    signal: ending.signal,
  }).then(
    (lostCount) => {
      if (lostCount === 0) return;
      log('warn', `${lostCount} sidecars were gone and are written again.`, { lostCount });
      sidecars.wake();
    },
    (error: unknown) => log('error', 'Looking for lost sidecars failed.', { error }),
  );
  return () => {
    ending.abort();
    return search;
  };
}
