import type { Migration } from './migration.ts';

const TEXT = 'text COLLATE "C"';

/** What people were told about what is not well, and what they asked not to be told. Of this machine, copied nowhere. */
export const m0016Alerts: Migration = {
  number: 16,
  name: 'alerts',
  sqlite: [
    `CREATE TABLE alerts (
       store_id TEXT NOT NULL DEFAULT '', id TEXT NOT NULL,
       state TEXT NOT NULL CHECK (state IN ('firing', 'resolved')), started_at TEXT NOT NULL,
       document TEXT NOT NULL,
       PRIMARY KEY (store_id, id)
     ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX alerts_by_state ON alerts (store_id, state, started_at, id)',
    `CREATE TABLE alert_silences (
       store_id TEXT NOT NULL DEFAULT '', check_name TEXT NOT NULL, until TEXT NOT NULL, by_whom TEXT NOT NULL,
       PRIMARY KEY (store_id, check_name)
     ) STRICT, WITHOUT ROWID`,
  ],
  postgres: [
    `CREATE TABLE alerts (
       store_id ${TEXT} NOT NULL DEFAULT '', id ${TEXT} NOT NULL,
       state ${TEXT} NOT NULL CHECK (state IN ('firing', 'resolved')), started_at ${TEXT} NOT NULL,
       document ${TEXT} NOT NULL,
       PRIMARY KEY (store_id, id))`,
    'CREATE INDEX alerts_by_state ON alerts (store_id, state, started_at, id)',
    `CREATE TABLE alert_silences (
       store_id ${TEXT} NOT NULL DEFAULT '', check_name ${TEXT} NOT NULL, until ${TEXT} NOT NULL, by_whom ${TEXT} NOT NULL,
       PRIMARY KEY (store_id, check_name))`,
  ],
};
