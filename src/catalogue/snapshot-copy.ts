import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseContextManager } from '../database/database-context-manager.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import type { Clock } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import { type ConnectedCatalogue, connectCatalogue, ONE_AT_A_TIME } from './connect-catalogue.ts';
import { copyCatalogue } from './copy-catalogue.ts';
import { KnownRecordings } from './known-recordings.ts';
import type { Stores } from './stores.ts';

// A million recordings take minutes; a server that stands still for longer than this will not go on.
const SNAPSHOT_DEADLINE_MS = 60 * 60 * 1000;

export interface SnapshotDesk {
  readonly contexts: DatabaseContextManager;
  readonly stores: Pick<Stores, 'list'>;
  readonly clock: Clock;
}

/**
 * Writes the catalogue of a PostgreSQL database into a SQLite file at `target`, as it was at one moment: all of it is
 * read in one session. Compared row by row, checked, and there only when it is whole. Rejects with `copy-differs`,
 * `disk-full`, or `invalid-input` where several stores share the catalogue.
 */
export async function snapshotByCopy(
  { contexts, stores, clock }: SnapshotDesk,
  target: string,
): Promise<void> {
  assertOutsideWriteSession(`A snapshot at ${target}`);
  requireAlone(await stores.list());
  const folder = dirname(target);
  // One at a time is made: what lies there is of one that was cut short.
  const growing = join(folder, 'growing.sqlite');
  const open = () =>
    connectCatalogue({ file: growing, backupFolder: folder, clock, ...ONE_AT_A_TIME }, MIGRATIONS);
  try {
    await contexts.withSession(
      { name: 'snapshot', readonly: true, deadlineMs: SNAPSHOT_DEADLINE_MS },
      // What is read below joins this session; a copy that it lost the connection for begins anew.
      async () => {
        await removeDatabase(growing);
        await closing(await open(), async (copy) => {
          await copyCatalogue({ from: contexts, to: copy.contexts, storeId: NO_STORE });
          await new KnownRecordings(copy.contexts).settleTags();
        });
      },
    );
    await closing(await open(), (copy) => copy.snapshot?.(target) ?? Promise.resolve());
  } finally {
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

function requireAlone(stores: readonly unknown[]): void {
  if (stores.length < 2) return;
  throw new VoiceRecorderError(
    'invalid-input',
    `${stores.length} stores share this catalogue, and a snapshot would be that of one. Save it with pg_dump and bring it ` +
      'back with pg_restore.',
  );
}
