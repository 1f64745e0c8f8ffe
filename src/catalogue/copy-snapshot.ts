import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MIGRATIONS } from '../database/migrations/index.ts';
import { systemClock } from '../model/clock.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import { type ConnectedCatalogue, connectCatalogue, ONE_AT_A_TIME } from './connect-catalogue.ts';
import { copyCatalogue } from './copy-catalogue.ts';
import { KnownRecordings } from './known-recordings.ts';
import type { SnapshotRequest } from './snapshot-by-copy.ts';

// A million recordings take minutes; a server that stands still for longer than this will not go on.
const SNAPSHOT_DEADLINE_MS = 60 * 60 * 1000;

/** All of it is read in one session, so that it is the catalogue of one moment; then compared, checked and synced. */
export async function copySnapshot({ postgres, target }: SnapshotRequest): Promise<void> {
  const folder = dirname(target);
  // One at a time is made: what lies there is of one that was cut short.
  const growing = join(folder, 'growing.sqlite');
  const place = { file: growing, backupFolder: folder, clock: systemClock };
  const open = () => connectCatalogue({ ...place, ...ONE_AT_A_TIME }, MIGRATIONS);
  const from = await connectCatalogue({ ...place, postgres, isReadonly: true }, MIGRATIONS);
  try {
    await from.contexts.withSession(
      { name: 'snapshot', readonly: true, deadlineMs: SNAPSHOT_DEADLINE_MS },
      // What is read below joins this session; a copy that it lost the connection for begins anew.
      async () => {
        await removeDatabase(growing);
        await closing(await open(), async (copy) => {
          await copyCatalogue({ from: from.contexts, to: copy.contexts, storeId: NO_STORE });
          await new KnownRecordings(copy.contexts).settleTags();
        });
      },
    );
    await closing(await open(), (copy) => copy.snapshot(target));
  } finally {
    await from.contexts.close();
    await removeDatabase(growing);
  }
}

async function closing(
  copy: ConnectedCatalogue,
  work: (copy: ConnectedCatalogue) => Promise<void>,
): Promise<void> {
  try {
    await work(copy);
  } finally {
    await copy.contexts.close();
  }
}

async function removeDatabase(file: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm']) await rm(`${file}${ending}`, { force: true });
}
