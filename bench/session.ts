// What a session costs beside the same Kysely query through the same database: on SQLite the same messages to the same
// thread, on PostgreSQL the same statements on one connection. And how long the event loop waits while each sync of the
// database takes 500 ms (strace holds it up).
// node bench/session.ts [rounds] [sessions in a round] [--folder PATH]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { DatabaseContextManager } from '../src/database/database-context-manager.ts';
import { MIGRATIONS } from '../src/database/migrations/index.ts';
import { clientSettings } from '../src/database/postgres/connection-settings.ts';
import { migratePostgres } from '../src/database/postgres/migrate-postgres.ts';
import { kyselyOn as postgresKysely } from '../src/database/postgres/postgres-dialect.ts';
import { PostgresSessions } from '../src/database/postgres/postgres-sessions.ts';
import { kyselyOn } from '../src/database/sqlite/session-dialect.ts';
import type { RunRequest, Statement } from '../src/database/sqlite/sqlite-protocol.ts';
import { SqliteSessions } from '../src/database/sqlite/sqlite-sessions.ts';
import { SqliteThread } from '../src/database/sqlite/sqlite-thread.ts';
import { systemClock } from '../src/model/clock.ts';
import { startPostgres } from '../test/postgres-server.ts';

interface Contender {
  readonly name: string;
  read(): Promise<unknown>;
  write(n: number): Promise<unknown>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: 'string' }, held: { type: 'boolean' } },
});
const rounds = Number(positionals[0] ?? 60);
const sessionCount = Number(positionals[1] ?? 200);
const HELD_MS = 500;
const HELD_SECONDS = 8;
const WRITERS = 16;
const LOOP_RESOLUTION_MS = 1;
const folder = mkdtempSync(join(values.folder ?? tmpdir(), 'vrp-bench-session-'));

try {
  if (values.held) await writeWhileHeld();
  else {
    await compareOnSqlite();
    await compareOnPostgres();
    holdUpSyncs();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compareOnSqlite(): Promise<void> {
  const file = join(folder, 'sessions.sqlite');
  await using contexts = new DatabaseContextManager(new SqliteSessions({ file }));
  await contexts.withSession({}, async (db) => {
    await sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT`.execute(db);
    await sql`INSERT INTO notes (title) VALUES ('a note')`.execute(db);
  });
  const settings = { file, busyLimitMs: 5_000 };
  const reader = new SqliteThread({ ...settings, isReadonly: true });
  const writer = new SqliteThread({ ...settings, isReadonly: false });
  const readRow = (db: typeof readDb) => sql`SELECT id, title FROM notes WHERE id = ${1}`.execute(db);
  const writeRow = (db: typeof readDb, n: number) =>
    sql`UPDATE notes SET title = ${`note ${n}`} WHERE id = ${1}`.execute(db);
  const readDb = kyselyOn({ execute: (statements) => send(reader, { statements, begin: 'read' }) });
  const writeDb = kyselyOn({ execute: (statements) => send(writer, { statements, begin: 'write' }) });
  const raw: Contender = {
    name: 'messages',
    read: async () => {
      await readRow(readDb);
      // Nobody waits for the end of a transaction that only read.
      void send(reader, { statements: [], end: 'rollback' });
    },
    write: async (n) => {
      await writeRow(writeDb, n);
      await send(writer, { statements: [], end: 'commit' });
    },
  };
  const sessions: Contender = {
    name: 'withSession',
    read: () => contexts.withSession({ readonly: true }, (db) => readRow(db)),
    write: (n) => contexts.withSession({}, (db) => writeRow(db, n)),
  };
  await compare('SQLite', raw, sessions);
  await Promise.all([reader.close(), writer.close()]);
}

/** Statements of the same transaction, one after another on a connection that is open already. */
async function compareOnPostgres(): Promise<void> {
  const server = await startPostgres({ isDurable: true });
  const client = new pg.Client(clientSettings(server.settings));
  const sessions = new PostgresSessions(server.settings);
  const contexts = new DatabaseContextManager(sessions);
  try {
    await migratePostgres({ sessions, contexts, clock: systemClock }, MIGRATIONS);
    await client.connect();
    await client.query(`SET search_path TO ${server.settings.schema}`);
    await client.query('CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL)');
    await client.query("INSERT INTO notes VALUES (1, 'a note')");
    const db = postgresKysely({
      execute: async (query) => {
        const { rows, rowCount } = await client.query(query.sql, [...query.parameters]);
        return { rows, changedRows: rowCount ?? 0 };
      },
    });
    const readRow = (on: typeof db) => sql`SELECT id, title FROM notes WHERE id = ${1}`.execute(on);
    const writeRow = (on: typeof db, n: number) =>
      sql`UPDATE notes SET title = ${`note ${n}`} WHERE id = ${1}`.execute(on);
    const raw: Contender = {
      name: 'statements',
      read: async () => {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await readRow(db);
        await client.query('COMMIT');
      },
      write: async (n) => {
        await client.query('BEGIN');
        await writeRow(db, n);
        await client.query('COMMIT');
      },
    };
    await compare('PostgreSQL', raw, {
      name: 'withSession',
      read: () => contexts.withSession({ readonly: true }, (on) => readRow(on)),
      write: (n) => contexts.withSession({}, (on) => writeRow(on, n)),
    });
  } finally {
    await client.end();
    await contexts.close();
    await server.stop();
  }
}

async function send(
  thread: SqliteThread,
  step: Omit<RunRequest, 'kind'> & { statements: readonly Statement[] },
) {
  return (await thread.request({ kind: 'run', ...step })).results ?? [];
}

/** In turns, and short ones, so that both see the same machine; of each the mean, of all the median. */
async function compare(database: string, raw: Contender, sessions: Contender): Promise<void> {
  for (const kind of ['read', 'write'] as const) {
    const count = kind === 'read' ? sessionCount : Math.ceil(sessionCount / 5);
    const rawUs: number[] = [];
    const sessionUs: number[] = [];
    await meanUs(raw, kind, count);
    await meanUs(sessions, kind, count);
    for (let round = 0; round < rounds; round++) {
      rawUs.push(await meanUs(raw, kind, count));
      sessionUs.push(await meanUs(sessions, kind, count));
    }
    const ratios = sessionUs.map((us, round) => us / (rawUs[round] ?? us));
    console.log(
      `${database} ${kind.padEnd(5)} ${raw.name} ${median(rawUs).toFixed(1)} us, withSession ` +
        `${median(sessionUs).toFixed(1)} us, ratio ${median(ratios).toFixed(3)}`,
    );
  }
}

async function meanUs(contender: Contender, kind: 'read' | 'write', count: number): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) await contender[kind](n);
  return ((performance.now() - startedAt) * 1_000) / count;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Runs this program once more under strace, which lets every sync of every thread wait. */
function holdUpSyncs(): void {
  const options = ['-f', '--seccomp-bpf', '-q', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
  const inject = ['-e', `inject=fsync,fdatasync:delay_enter=${HELD_MS * 1_000}`];
  const program = [process.execPath, import.meta.filename, '--held', '--folder', folder];
  const { status, error } = spawnSync('strace', [...options, ...inject, ...program], { stdio: 'inherit' });
  if (error) console.log('strace is not here: syncs are not held up.');
  else if (status !== 0) process.exitCode = 1;
}

/** Writers in a row and readers beside them, while a commit takes half a second. */
async function writeWhileHeld(): Promise<void> {
  await using contexts = new DatabaseContextManager(
    new SqliteSessions({ file: join(folder, 'held.sqlite') }),
  );
  await contexts.withSession({}, (db) =>
    sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT`.execute(db),
  );
  const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const endsAt = performance.now() + HELD_SECONDS * 1_000;
  let writes = 0;
  let reads = 0;
  const write = async () => {
    while (performance.now() < endsAt) {
      await contexts.withSession({}, (db) => sql`INSERT INTO notes (title) VALUES ('held')`.execute(db));
      writes++;
    }
  };
  const read = async () => {
    while (performance.now() < endsAt) {
      await contexts.withSession({ readonly: true }, (db) => sql`SELECT count(*) FROM notes`.execute(db));
      reads++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  delays.enable();
  await Promise.all([...Array.from({ length: WRITERS }, write), read()]);
  delays.disable();
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - LOOP_RESOLUTION_MS).toFixed(1);
  const { p50 = 0, p99 = 0 } = contexts.getSessionMetrics().latencyMs ?? {};
  console.log(
    `SQLite, each sync held up for ${HELD_MS} ms: ${writes} writes, ${reads} reads, sessions p50 ${p50.toFixed(1)} ms ` +
      `p99 ${p99.toFixed(1)} ms; event loop delay p50 ${ms(delays.percentile(50))} ms, ` +
      `p99 ${ms(delays.percentile(99))} ms, max ${ms(delays.max)} ms`,
  );
}
