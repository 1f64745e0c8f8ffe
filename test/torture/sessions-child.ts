// Writes and reads in the database named by its argument until it is killed: each session adds one row and counts it on
// two of a few shared counters. One JSON line for each answer.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type ConnectedCatalogue, connectCatalogue } from '../../src/catalogue/connect-catalogue.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import type { SessionMetrics } from '../../src/database/session-metrics.ts';
import { systemClock } from '../../src/model/clock.ts';
import { failureCodeOf, VoiceRecorderError } from '../../src/model/failure.ts';

export interface SessionsChildWish {
  readonly file: string;
  readonly backupFolder: string;
  readonly postgres?: PostgresSettings;
  /** No other process of the run has the same one. */
  readonly name: string;
  readonly writers: number;
  readonly readers: number;
  readonly counters: number;
}

export type SessionsChildLine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'written'; readonly key: string }
  | { readonly kind: 'refused'; readonly code: string }
  /** A reader saw rows and counters that do not belong together. */
  | { readonly kind: 'torn'; readonly what: string }
  | { readonly kind: 'metrics'; readonly metrics: SessionMetrics };

const PAUSE_AFTER_FAILURE_MS = 20;
const PAUSE_OF_READERS_MS = 250;
const METRICS_EVERY_MS = 500;
// Sessions that take counters in another order than all others wait for each other, until the database gives one up.
const CARELESS_SHARE = 0.01;

function say(line: SessionsChildLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const wish = JSON.parse(process.argv[2] ?? '') as SessionsChildWish;
const { contexts } = await connectPatiently();

/** The server may be starting itself; who runs processes would start this one again. */
async function connectPatiently(): Promise<ConnectedCatalogue> {
  for (;;) {
    try {
      return await connectCatalogue({ ...wish, clock: systemClock }, MIGRATIONS);
    } catch (error) {
      if (!(error instanceof VoiceRecorderError && error.isRetryable)) throw error;
      await sleep(PAUSE_OF_READERS_MS);
    }
  }
}

async function write(writer: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `${wish.name}-${writer}-${n}`;
    const first = Math.floor(Math.random() * wish.counters);
    const second = (first + 1 + Math.floor(Math.random() * (wish.counters - 1))) % wish.counters;
    const isCareless = Math.random() < CARELESS_SHARE;
    const pair = isCareless ? [first, second] : [Math.min(first, second), Math.max(first, second)];
    try {
      await contexts.withSession({ name: 'torture write' }, async (db) => {
        await sql`INSERT INTO torture_rows (key) VALUES (${key})`.execute(db);
        for (const counter of pair) {
          await sql`UPDATE torture_counters SET total = total + 1 WHERE counter = ${counter}`.execute(db);
        }
      });
      say({ kind: 'written', key });
    } catch (error) {
      say({ kind: 'refused', code: failureCodeOf(error) ?? String(error) });
      await sleep(Math.random() * PAUSE_AFTER_FAILURE_MS);
    }
  }
}

async function read(): Promise<void> {
  for (;;) {
    try {
      const [rows, counted] = await contexts.withSession(
        { name: 'torture read', readonly: true },
        async (db) => {
          const found = await sql<{ n: number }>`SELECT count(*) AS n FROM torture_rows`.execute(db);
          await sleep(Math.random() * PAUSE_AFTER_FAILURE_MS);
          const sum = await sql<{ n: number }>`SELECT sum(total) AS n FROM torture_counters`.execute(db);
          return [Number(found.rows[0]?.n), Number(sum.rows[0]?.n)] as const;
        },
      );
      if (counted !== 2 * rows) say({ kind: 'torn', what: `${rows} rows are counted ${counted} times` });
    } catch (error) {
      say({ kind: 'refused', code: failureCodeOf(error) ?? String(error) });
    }
    await sleep(Math.random() * PAUSE_OF_READERS_MS);
  }
}

say({ kind: 'ready' });
setInterval(() => say({ kind: 'metrics', metrics: contexts.getSessionMetrics() }), METRICS_EVERY_MS);
await Promise.all([
  ...Array.from({ length: wish.writers }, (_, writer) => write(writer)),
  ...Array.from({ length: wish.readers }, () => read()),
]);
