import { type Kysely, sql } from 'kysely';
import { type Clock, toIsoUtc } from '../../model/clock.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { DatabaseSessions } from '../../sessions/database-sessions.ts';
import type { StoreSchema } from '../../sessions/schema.ts';
import type { Migration } from '../migrations/migration.ts';
import { FORGET_MARKS } from './marks.ts';
import type { PostgresSessions } from './postgres-sessions.ts';

// A migration of a million rows may take minutes; nothing else runs meanwhile.
const MIGRATION_DEADLINE_MS = 60 * 60 * 1000;
// "VRPc": nodes that start at once take turns.
const MIGRATION_LOCK = 0x56_52_50_63;
// Columns that follow from others need 12; nothing older than 13 is looked after by its makers.
const OLDEST_SERVER = 130_000;

export interface PostgresMigrationDesk {
  readonly sessions: PostgresSessions;
  readonly contexts: DatabaseSessions;
  readonly clock: Clock;
}

/** What stands in a database that this program found. */
interface Standing {
  readonly schemaVersion: number;
  readonly hasSchema: boolean;
  readonly hasTables: boolean;
}

/**
 * Brings the schema up to date in one transaction, while other nodes wait; when it fails, the database is as before.
 * Rejects with `catalogue-too-new`, or `database-refused` when the server is too old or its user may not make tables.
 */
export async function migratePostgres(
  { sessions, contexts, clock }: PostgresMigrationDesk,
  migrations: readonly Migration[],
): Promise<void> {
  const { place, settings } = sessions;
  const newest = migrations.at(-1)?.number ?? 0;
  const found = await contexts.withSession({ name: 'inspect', readonly: true }, (db) =>
    inspect(db, place, settings.schema),
  );
  judge(place, found, newest);
  if (found.schemaVersion < newest) {
    await contexts.withSession({ name: 'migrate', deadlineMs: MIGRATION_DEADLINE_MS }, async (db) => {
      await sql`SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
        set_config('idle_in_transaction_session_timeout', '0', true)`.execute(db);
      await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(db);
      const standing = await inspect(db, place, settings.schema);
      judge(place, standing, newest);
      if (!standing.hasSchema) await sql`CREATE SCHEMA ${sql.id(settings.schema)}`.execute(db);
      if (!standing.hasTables) await sql.raw(MIGRATIONS_TABLE).execute(db);
      for (const migration of migrations) {
        if (migration.number > standing.schemaVersion) await apply(db, migration, toIsoUtc(clock.nowMs()));
      }
    });
  }
  sessions.leaveMarks();
  await contexts.withSession({ name: 'forget marks' }, (db) => sql.raw(FORGET_MARKS).execute(db));
}

/** Rejects with `catalogue-missing`, `catalogue-too-old` or `catalogue-too-new` unless the schema is this program's. */
export async function requireCurrentTables(
  { sessions, contexts }: Omit<PostgresMigrationDesk, 'clock'>,
  newest: number,
): Promise<void> {
  const { place, settings } = sessions;
  const found = await contexts.withSession({ name: 'inspect', readonly: true }, (db) =>
    inspect(db, place, settings.schema),
  );
  judge(place, found, newest);
  if (!found.hasTables) {
    throw new VoiceRecorderError(
      'catalogue-missing',
      `There is no catalogue in ${place}; it is made when the server starts or the first file is imported.`,
    );
  }
  if (found.schemaVersion < newest) {
    throw new VoiceRecorderError(
      'catalogue-too-old',
      `The catalogue in ${place} has schema ${found.schemaVersion}, this program needs ${newest}; start the server ` +
        'once to bring it up to date.',
    );
  }
  sessions.leaveMarks();
}

const MIGRATIONS_TABLE = `CREATE TABLE migrations (
  number integer PRIMARY KEY, name text COLLATE "C" NOT NULL, applied_at text COLLATE "C" NOT NULL)`;

async function inspect(db: Kysely<StoreSchema>, place: string, schema: string): Promise<Standing> {
  const { rows } = await sql<{ server: number; hasSchema: boolean; hasTables: boolean }>`
    SELECT current_setting('server_version_num')::integer AS server,
      to_regnamespace(${schema}) IS NOT NULL AS "hasSchema",
      to_regclass(${`${schema}.migrations`}) IS NOT NULL AS "hasTables"`.execute(db);
  const { server = 0, hasSchema = false, hasTables = false } = rows[0] ?? {};
  if (server < OLDEST_SERVER) {
    throw new VoiceRecorderError(
      'database-refused',
      `The server of ${place} is PostgreSQL ${Math.floor(server / 10_000)}; 13 or newer is needed.`,
    );
  }
  if (!hasTables) return { schemaVersion: 0, hasSchema, hasTables };
  const newest = await db
    .selectFrom('migrations')
    .select((row) => row.fn.max('number').as('number'))
    .executeTakeFirst();
  return { schemaVersion: newest?.number ?? 0, hasSchema, hasTables };
}

function judge(place: string, found: Standing, newest: number): void {
  if (found.schemaVersion <= newest) return;
  throw new VoiceRecorderError(
    'catalogue-too-new',
    `The catalogue in ${place} was written by a newer Voice Recorder Pro (schema ${found.schemaVersion}, this one ` +
      `knows ${newest}). Start the newer version, or restore what pg_dump saved before its upgrade.`,
  );
}

async function apply(db: Kysely<StoreSchema>, migration: Migration, appliedAt: string): Promise<void> {
  for (const statement of migration.postgres) await sql.raw(statement).execute(db);
  await db
    .insertInto('migrations')
    .values({ number: migration.number, name: migration.name, applied_at: appliedAt })
    .execute();
}
