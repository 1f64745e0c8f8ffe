import { expect, it } from 'vitest';
import type { Cleaner } from './cleaner.ts';
import { JoinedCleanup } from './joined-cleanup.ts';

/** Everything there is to find goes with the first one that comes to it. */
function cleanerOf(items: Set<string>, onFind: () => Promise<void>): Cleaner {
  return {
    kind: 'trash',
    risk: 'final',
    describe: (count) => `${count} recordings in the trash.`,
    async *find() {
      await onFind();
      for (const name of items) yield { name, bytes: 1, id: name };
    },
    remove: async ({ name }) => {
      items.delete(name);
      return 1;
    },
  };
}

it('lets go with cleaners of a caller in turn with its own, so that nothing is counted twice', async () => {
  const items = new Set(['a', 'b']);
  const own = Promise.withResolvers<void>();
  const heard: string[] = [];
  const cleanup = new JoinedCleanup(
    [cleanerOf(items, () => own.promise)],
    ({ kind, doneCount, totalCount }) => heard.push(`${kind} ${doneCount} of ${totalCount}`),
  );
  const first = cleanup.apply(['trash']);
  const second = cleanup.applyThese([cleanerOf(items, async () => undefined)]);
  // Time enough for the second, did it not wait.
  await new Promise(setImmediate);
  own.resolve();
  expect(await first).toMatchObject({ done: [{ kind: 'trash', count: 2 }], freedBytes: 2 });
  expect(await second).toMatchObject({ done: [{ kind: 'trash', count: 0 }], freedBytes: 0 });
  expect(heard).toEqual(['trash 1 of 2', 'trash 2 of 2']);
});
