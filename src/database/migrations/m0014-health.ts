import type { Migration } from './migration.ts';

const TEXT = 'text COLLATE "C"';

/** What the health checks found, of each store by check and time. It is about this machine, and copied nowhere. */
export const m0014Health: Migration = {
  number: 14,
  name: 'health',
  sqlite: [
    `CREATE TABLE health_samples (
       store_id TEXT NOT NULL DEFAULT '', name TEXT NOT NULL, at TEXT NOT NULL,
       status TEXT NOT NULL CHECK (status IN ('pass', 'warn', 'fail', 'unknown')), value REAL,
       PRIMARY KEY (store_id, name, at)
     ) STRICT, WITHOUT ROWID`,
  ],
  postgres: [
    `CREATE TABLE health_samples (
       store_id ${TEXT} NOT NULL DEFAULT '', name ${TEXT} NOT NULL, at ${TEXT} NOT NULL,
       status ${TEXT} NOT NULL CHECK (status IN ('pass', 'warn', 'fail', 'unknown')), value double precision,
       PRIMARY KEY (store_id, name, at))`,
  ],
};
