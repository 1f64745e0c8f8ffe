import { stat } from 'node:fs/promises';
import { DatabaseContextManager } from '../database/database-context-manager.ts';
import { judgeDatabase, migrate, newestOf } from '../database/migrate.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import type { Migration } from '../database/migrations/migration.ts';
import type { SessionFactory } from '../database/session-factory.ts';
import { DirectReading } from '../database/sqlite/direct-reading.ts';
import { SqliteSessions } from '../database/sqlite/sqlite-sessions.ts';
import type { Clock } from '../model/clock.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import { AccessRepository } from './access-repository.ts';
import { KnownRecordings } from './known-recordings.ts';
import { RecordingRepository } from './recording-repository.ts';
import { SidecarOutbox } from './sidecar-outbox.ts';
import { Tombstones } from './tombstones.ts';
import { VerificationRepository } from './verification-repository.ts';

export interface CatalogueSettings {
  readonly file: string;
  /** Where a copy is put before the schema is changed. */
  readonly backupFolder: string;
  readonly clock: Clock;
  /** Beside a running server: nothing is written, no migration runs. */
  readonly isReadonly?: boolean;
  /** How long a database held by another process is waited for; 5,000 when not given. */
  readonly busyLimitMs?: number;
  /** Threads that read; 2 when not given. */
  readonly readerCount?: number;
  /** Told when the disk refused to let the database grow: the time to give up the reserve. */
  readonly onDiskFull?: () => void;
  /** All of this program's when not given. */
  readonly migrations?: readonly Migration[];
}

export interface Catalogue {
  readonly contexts: DatabaseContextManager;
  readonly recordings: RecordingRepository;
  readonly access: AccessRepository;
  readonly outbox: SidecarOutbox;
  readonly known: KnownRecordings;
  readonly tombstones: Tombstones;
  readonly verification: VerificationRepository;
  /** The copy taken before a migration of this opening, if there was one. */
  readonly snapshotFile: string | undefined;
  /** Writes a checked copy of the whole database to `target`, which must not exist. */
  snapshot(target: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the catalogue and brings its schema up to date. Rejects with `catalogue-damaged`, `catalogue-too-new`,
 * `catalogue-busy`, `catalogue-failed`; when read-only also with `catalogue-missing` or `catalogue-too-old`.
 */
export async function openCatalogue(settings: CatalogueSettings): Promise<Catalogue> {
  const { file, clock, isReadonly = false, migrations = MIGRATIONS } = settings;
  if (isReadonly) await requireFile(file);
  const { busyLimitMs, readerCount } = settings;
  const sessions = new SqliteSessions({
    file,
    isReadonly,
    ...(busyLimitMs === undefined ? {} : { busyLimitMs }),
    ...(readerCount === undefined ? {} : { readerCount }),
  });
  const contexts = new DatabaseContextManager(telling(sessions, settings.onDiskFull), { clock });
  const inspect = () => sessions.inspect();
  const snapshot = (target: string) => sessions.snapshot(target);
  try {
    const desk = { file, backupFolder: settings.backupFolder, clock, contexts, inspect, snapshot };
    const snapshotFile = isReadonly
      ? await requireCurrentSchema(file, sessions, newestOf(migrations))
      : await migrate(desk, migrations);
    return {
      contexts,
      recordings: new RecordingRepository(contexts, clock),
      access: new AccessRepository(contexts),
      outbox: new SidecarOutbox(contexts),
      known: new KnownRecordings(contexts),
      tombstones: new Tombstones(contexts, clock),
      verification: new VerificationRepository(contexts, clock),
      snapshotFile,
      snapshot,
      close: () => contexts.close(),
    };
  } catch (error) {
    await contexts.close();
    throw error;
  }
}

function telling(sessions: SessionFactory, onDiskFull: (() => void) | undefined): SessionFactory {
  if (!onDiskFull) return sessions;
  return {
    run: (request, work) =>
      sessions.run(request, work).catch((error: unknown) => {
        if (failureCodeOf(error) === 'disk-full') onDiskFull();
        throw error;
      }),
    close: () => sessions.close(),
  };
}

/** A catalogue that is only read, in the calling thread; same rejections as {@link openCatalogue} when read-only. */
export async function openForReading(
  file: string,
  clock: Clock,
): Promise<Pick<Catalogue, 'recordings' | 'close'>> {
  await requireFile(file);
  const reading = new DirectReading(file);
  const contexts = new DatabaseContextManager(reading, { clock });
  try {
    await requireCurrentSchema(file, reading, newestOf(MIGRATIONS));
  } catch (error) {
    await contexts.close();
    throw error;
  }
  return { recordings: new RecordingRepository(contexts, clock), close: () => contexts.close() };
}

async function requireFile(file: string): Promise<void> {
  try {
    await stat(file);
  } catch (cause) {
    const message = `There is no catalogue at ${file}; it is made when the server starts or the first file is imported.`;
    throw new VoiceRecorderError('catalogue-missing', message, { cause });
  }
}

async function requireCurrentSchema(
  file: string,
  sessions: Pick<SqliteSessions, 'inspect'>,
  newest: number,
): Promise<undefined> {
  const found = await sessions.inspect();
  judgeDatabase(file, found, newest);
  if (found.schemaVersion < newest) {
    throw new VoiceRecorderError(
      'catalogue-too-old',
      `${file} has schema ${found.schemaVersion}, this program needs ${newest}; start the server once to bring it up to date.`,
    );
  }
}
