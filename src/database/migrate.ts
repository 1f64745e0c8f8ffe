import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseContextManager } from './database-context-manager.ts';
import type { Migration } from './migrations/migration.ts';
import type { Inspection } from './sqlite/sqlite-protocol.ts';

// "VRPc", in the file's header: tells our catalogue from any other SQLite database.
const APPLICATION_ID = 0x56_52_50_63;
// A migration of a million rows may take minutes; nothing else runs meanwhile.
const MIGRATION_DEADLINE_MS = 60 * 60 * 1000;

export interface MigrationDesk {
  readonly file: string;
  readonly backupFolder: string;
  readonly clock: Clock;
  readonly contexts: DatabaseContextManager;
  readonly inspect: () => Promise<Inspection>;
  readonly snapshot: (target: string) => Promise<void>;
}

/** Numbers grow by one with each migration: what is above this is no number of a schema, but a bit that was flipped. */
const LATEST_EVER = 10_000;

/** Rejects with `catalogue-too-new` or `catalogue-damaged` when the database is not one this program can use. */
export function judgeDatabase(file: string, found: Inspection, newest: number): void {
  if (found.tableCount > 0 && found.applicationId !== APPLICATION_ID) {
    throw new VoiceRecorderError(
      'catalogue-damaged',
      `${file} is a database of another program (application id ${found.applicationId}, expected ` +
        `${APPLICATION_ID}). The audio files and sidecars hold everything: "vrp rebuild" keeps it beside and makes the catalogue anew.`,
    );
  }
  if (found.schemaVersion > LATEST_EVER || found.schemaVersion < 0) {
    throw new VoiceRecorderError(
      'catalogue-damaged',
      `The catalogue is damaged (${file}): it says that its schema is number ${found.schemaVersion}, which none ever was. ` +
        'The audio files and sidecars hold everything: "vrp rebuild" makes the catalogue anew.',
    );
  }
  if (found.schemaVersion > newest) {
    throw new VoiceRecorderError(
      'catalogue-too-new',
      `${file} was written by a newer Voice Recorder Pro (schema ${found.schemaVersion}, this one knows ` +
        `${newest}). Start the newer version, or restore the snapshot taken before its upgrade from the folder backup.`,
    );
  }
}

/**
 * Brings the schema up to date in one transaction; when it fails, the database is as before. A database that
 * holds something is first copied to `backup/before-<version>-<stamp>.sqlite`; the copy goes when the migration fails.
 * Resolves to the copy's path.
 */
export async function migrate(
  desk: MigrationDesk,
  migrations: readonly Migration[],
): Promise<string | undefined> {
  const newest = newestOf(migrations);
  const found = await desk.inspect();
  judgeDatabase(desk.file, found, newest);
  if (found.schemaVersion === newest) return undefined;
  const snapshot = found.tableCount > 0 ? await takeSnapshot(desk, newest) : undefined;
  try {
    await apply(desk, migrations, found.schemaVersion);
  } catch (error) {
    // Whoever starts a failing program again and again would fill the disk with copies of what has not changed.
    if (snapshot !== undefined) await rm(snapshot, { force: true });
    throw error;
  }
  return snapshot;
}

async function apply(
  { contexts, clock }: MigrationDesk,
  migrations: readonly Migration[],
  schemaVersion: number,
): Promise<void> {
  await contexts.withSession(
    { name: 'migrate', deadlineMs: MIGRATION_DEADLINE_MS },
    async (db, { batch }) => {
      const statements = migrations
        .filter((migration) => migration.number > schemaVersion)
        .flatMap((migration) => [
          ...migration.sqlite.map((text) => sql.raw(text)),
          sql`INSERT INTO migrations (number, name, applied_at)
            VALUES (${migration.number}, ${migration.name}, ${toIsoUtc(clock.nowMs())})`,
        ]);
      const all = [
        sql.raw(
          'CREATE TABLE IF NOT EXISTS migrations ' +
            '(number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
        ),
        ...statements,
        sql.raw(`PRAGMA application_id = ${APPLICATION_ID}`),
        sql.raw(`PRAGMA user_version = ${newestOf(migrations)}`),
      ];
      await batch(all.map((statement) => statement.compile(db)));
    },
  );
}

/** The schema that these migrations lead to. */
export function newestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.number ?? 0;
}

async function takeSnapshot(desk: MigrationDesk, version: number): Promise<string> {
  await mkdir(desk.backupFolder, { recursive: true, mode: 0o700 });
  const stamp = toIsoUtc(desk.clock.nowMs()).replace(/[-:]|\.\d+/g, '');
  const target = join(desk.backupFolder, `before-${version}-${stamp}.sqlite`);
  await desk.snapshot(target);
  return target;
}
