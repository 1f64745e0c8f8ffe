// One of several programs on the same PostgreSQL catalogue: writes and reads until it is killed. One JSON line for
// each write that was acknowledged, and for each look that saw half of one.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { systemClock } from '../../src/model/clock.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import type { StoreSchema } from '../../src/sessions/schema.ts';
import { addRecording } from '../scratch-catalogue.ts';

export interface PostgresKillWish {
  readonly settings: PostgresSettings;
  readonly writers: number;
  readonly readers: number;
}

export type PostgresKillLine =
  | { readonly kind: 'ready' }
  /** `recording`: its id, where the write was that of a recording. */
  | { readonly kind: 'kept'; readonly token: string; readonly isRecording: boolean }
  | { readonly kind: 'failed'; readonly token: string; readonly code: string }
  | { readonly kind: 'torn'; readonly message: string };

const COUNTERS = 4;
const PAUSE_MS = 20;

function say(line: PostgresKillLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const wish = JSON.parse(process.argv[2] ?? '') as PostgresKillWish;
const catalogue = await openCatalogue({
  file: '',
  backupFolder: '',
  clock: systemClock,
  postgres: wish.settings,
  contextConfig: { retries: 20 },
});
const { contexts } = catalogue;

/** A row that no key keeps from being there twice, and a sum that says how many there are. */
async function write(token: string): Promise<void> {
  await contexts.withSession({ name: 'write' }, async (db) => {
    const counter = Math.floor(Math.random() * COUNTERS);
    await sql`INSERT INTO torture_writes (token) VALUES (${token})`.execute(db);
    await sql`UPDATE torture_sums SET n = n + 1 WHERE id = ${counter}`.execute(db);
  });
}

async function writeForever(index: number): Promise<void> {
  for (let round = index; ; round++) {
    const isRecording = round % 4 === 0;
    const token = randomUUID();
    try {
      if (isRecording) await addRecording(catalogue, { title: token, tags: [`t${round % 5}`, 'all'] });
      else await write(token);
      say({ kind: 'kept', token, isRecording });
    } catch (error) {
      const code = failureCodeOf(error);
      if (code === undefined || code === 'internal') say({ kind: 'torn', message: String(error) });
      else say({ kind: 'failed', token, code });
      await sleep(PAUSE_MS);
    }
  }
}

async function readForever(): Promise<void> {
  for (;;) {
    try {
      const seen = await contexts.withSession({ name: 'look', readonly: true }, look);
      if (seen.rows !== seen.sum)
        say({ kind: 'torn', message: `Saw ${seen.rows} rows and a sum of ${seen.sum}.` });
    } catch (error) {
      if (failureCodeOf(error) === undefined) throw error;
    }
    await sleep(PAUSE_MS * 5);
  }
}

async function look(db: Kysely<StoreSchema>): Promise<{ readonly rows: number; readonly sum: number }> {
  const rows = await sql<{ n: number }>`SELECT count(*) AS n FROM torture_writes`.execute(db);
  const sum = await sql<{ n: number }>`SELECT sum(n) AS n FROM torture_sums`.execute(db);
  return { rows: rows.rows[0]?.n ?? -1, sum: sum.rows[0]?.n ?? -2 };
}

say({ kind: 'ready' });
await Promise.all([
  ...Array.from({ length: wish.writers }, (_, index) => writeForever(index)),
  ...Array.from({ length: wish.readers }, readForever),
]);
