import { DatabaseContextManager } from '../database/database-context-manager.ts';
import { newestOf } from '../database/migrate.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import type { Migration } from '../database/migrations/migration.ts';
import { DirectReading } from '../database/sqlite/direct-reading.ts';
import type { Clock } from '../model/clock.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import { AccessRepository } from './access-repository.ts';
import { AlertBook } from './alert-book.ts';
import { ChangeFeed } from './change-feed.ts';
import { Collections } from './collections.ts';
import {
  type ConnectSettings,
  closingOnFailure,
  connectCatalogue,
  requireCurrentSchema,
  requireFile,
} from './connect-catalogue.ts';
import { CopyLedger } from './copy-ledger.ts';
import { CopyReport } from './copy-report.ts';
import { HealthHistory } from './health-history.ts';
import { KnownRecordings } from './known-recordings.ts';
import { RecordingHistory } from './recording-history.ts';
import { RecordingRepository } from './recording-repository.ts';
import { SidecarOutbox } from './sidecar-outbox.ts';
import { Stores } from './stores.ts';
import { Tombstones } from './tombstones.ts';
import { VerificationRepository } from './verification-repository.ts';

export interface CatalogueSettings extends ConnectSettings {
  /** All of this program's when not given. */
  readonly migrations?: readonly Migration[];
  /** Says, once the tables are there, whose store this is; where not given, it is nobody's in particular. */
  readonly claim?: (sessions: DatabaseSessions) => Promise<string>;
}

export interface Catalogue {
  readonly contexts: DatabaseContextManager;
  readonly recordings: RecordingRepository;
  readonly history: RecordingHistory;
  readonly collections: Collections;
  readonly access: AccessRepository;
  readonly outbox: SidecarOutbox;
  readonly known: KnownRecordings;
  readonly tombstones: Tombstones;
  readonly verification: VerificationRepository;
  readonly health: HealthHistory;
  readonly alerts: AlertBook;
  /** Which recordings have copies at which targets. */
  readonly copies: CopyLedger;
  readonly copyReport: CopyReport;
  readonly stores: Stores;
  /** What others change in a catalogue that is shared. */
  readonly changes: ChangeFeed;
  /** The copy taken before a migration of this opening, if there was one. */
  readonly snapshotFile: string | undefined;
  /**
   * Writes a checked copy of the whole catalogue, as it is at one moment, to the SQLite file `target`, which must not
   * exist. Rejects with `invalid-input` where several stores share it.
   */
  snapshot(target: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the catalogue and brings its schema up to date. Rejects with `catalogue-damaged`, `catalogue-too-new`,
 * `catalogue-busy`, `catalogue-failed`; when read-only also with `catalogue-missing` or `catalogue-too-old`; and as
 * `claim` does.
 */
export async function openCatalogue(settings: CatalogueSettings): Promise<Catalogue> {
  const { clock, migrations = MIGRATIONS, claim = async () => NO_STORE } = settings;
  const { contexts, snapshotFile, snapshot } = await connectCatalogue(settings, migrations);
  const home = await closingOnFailure(contexts, () => claim(contexts));
  const stores = new Stores(contexts, home);
  return {
    contexts,
    snapshotFile,
    async snapshot(target) {
      await stores.requireAlone('snapshot');
      await snapshot(target);
    },
    recordings: new RecordingRepository(contexts, clock, home),
    history: new RecordingHistory(contexts, clock),
    collections: new Collections(contexts, clock),
    access: new AccessRepository(contexts),
    outbox: new SidecarOutbox(contexts, home),
    known: new KnownRecordings(contexts, home),
    tombstones: new Tombstones(contexts, clock, home),
    verification: new VerificationRepository(contexts, clock, home),
    health: new HealthHistory(contexts, home),
    alerts: new AlertBook(contexts, home),
    copies: new CopyLedger(contexts, clock, home),
    copyReport: new CopyReport(contexts, clock),
    stores,
    changes: new ChangeFeed(contexts),
    close: () => contexts.close(),
  };
}

/** A catalogue that is only read, in the calling thread; same rejections as {@link openCatalogue} when read-only. */
export async function openForReading(
  file: string,
  clock: Clock,
): Promise<Pick<Catalogue, 'recordings' | 'history' | 'close'>> {
  await requireFile(file);
  const reading = new DirectReading(file);
  const contexts = new DatabaseContextManager(reading, { clock });
  try {
    await requireCurrentSchema(file, reading, newestOf(MIGRATIONS));
  } catch (error) {
    await contexts.close();
    throw error;
  }
  return {
    recordings: new RecordingRepository(contexts, clock),
    history: new RecordingHistory(contexts, clock),
    close: () => contexts.close(),
  };
}
