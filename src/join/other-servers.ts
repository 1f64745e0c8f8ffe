import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { News, NotedChange } from '../catalogue/change-feed.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { LogListener } from '../open-options.ts';

/** Pages of one server show within about this time what was done at another one. */
const LOOK_EVERY_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const FORGET_EVERY_MS = 5 * 60_000;
/** Events told in one go; whoever listens may have to write each of them out. */
const EVENTS_AT_ONCE = 10;

export interface OtherServers {
  readonly catalogue: Pick<Catalogue, 'changes' | 'stores'>;
  /** Writes what is owed to the sidecars of this store. */
  readonly sidecars: { wake(): void };
  readonly events: { publish(event: RecorderEvent): void };
  readonly log: LogListener;
}

/**
 * Tells those who listen here what other servers change in the catalogue they share with this one, and has the sidecars
 * written that they owe for it. From the moment this resolves nothing is missed; the returned function ends it.
 */
export async function followOtherServers(parts: OtherServers): Promise<() => Promise<void>> {
  await parts.catalogue.changes.read();
  // What was made owing just before was told to nobody.
  parts.sidecars.wake();
  const ending = new AbortController();
  const following = follow(parts, ending.signal);
  return () => {
    ending.abort();
    return following;
  };
}

async function follow(parts: OtherServers, signal: AbortSignal): Promise<void> {
  const { log } = parts;
  const feed = parts.catalogue.changes;
  let failures = 0;
  let forgetAtMs = performance.now() + FORGET_EVERY_MS;
  while (!signal.aborted) {
    try {
      await tell(parts, await feed.read());
      if (failures > 0) log('info', 'What other servers change can be read again.', {});
      failures = 0;
      if (performance.now() > forgetAtMs) {
        forgetAtMs = performance.now() + FORGET_EVERY_MS;
        await feed.forget();
      }
    } catch (error) {
      if (failures === 0) log('warn', 'What other servers change cannot be read now.', { error });
      failures += 1;
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, LOOK_EVERY_MS * 2 ** failures);
    // Nobody's program goes on for this alone.
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function tell({ catalogue, sidecars, events }: OtherServers, news: News): Promise<void> {
  if (news === 'everything') {
    sidecars.wake();
    events.publish({ type: 'library-changed' });
    return;
  }
  if (news.some(({ storeId }) => storeId === catalogue.stores.home)) sidecars.wake();
  for (const [index, change] of news.entries()) {
    if (index % EVENTS_AT_ONCE === EVENTS_AT_ONCE - 1) await nextTurn();
    events.publish(eventOf(change));
  }
}

function eventOf({ kind, recordingId, recording }: NotedChange): RecorderEvent {
  if (recording === undefined) return { type: 'recording-purged', recordingId };
  return { type: kind === 'added' ? 'recording-added' : 'recording-changed', recording };
}
