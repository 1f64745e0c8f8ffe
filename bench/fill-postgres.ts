import pg from 'pg';
import { addQueries } from '../src/catalogue/many-rows.ts';
import { kyselyOn } from '../src/database/postgres/postgres-dialect.ts';
import { addedPage, PAGE } from './catalogue-rows.ts';

const SCHEMA = 'voice_recorder';
// What is written again in one go at the end, in a fraction of the time.
const LATER = `SELECT indexname AS name, indexdef AS made FROM pg_indexes
  WHERE schemaname = '${SCHEMA}' AND indexdef NOT LIKE 'CREATE UNIQUE%'
    AND tablename IN ('recordings', 'recording_search', 'recording_tags', 'recording_collections')`;

/**
 * Fills a PostgreSQL database that nobody else writes: by the statements of the program, but without waiting for the
 * disk, and with most indexes made at the end. A run that is interrupted begins anew in an empty schema.
 */
export async function fillPostgres(
  url: string,
  home: string,
  count: number,
  already: number,
  onPage: (entered: number) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `SET search_path TO ${SCHEMA}; SET synchronous_commit TO off; SET maintenance_work_mem TO '512MB'`,
  );
  const indexes = (await client.query<{ name: string; made: string }>(LATER)).rows;
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  const db = kyselyOn({ execute: () => Promise.reject(new Error('Only statements are made here.')) });
  for (let from = Math.floor(already / PAGE) * PAGE; from < count; from += PAGE) {
    const added = addedPage(from, count);
    await client.query('BEGIN');
    for (const { sql, parameters } of addQueries(db, added, home)) await client.query(sql, [...parameters]);
    await client.query('COMMIT');
    onPage(from + added.length);
  }
  for (const { made } of indexes) {
    console.log(made);
    await client.query(made);
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
}
