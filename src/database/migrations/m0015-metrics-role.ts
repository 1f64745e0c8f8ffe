import type { Migration } from './migration.ts';

/** Tokens that may read the metrics only. Nobody logs in with one, so that login sessions stay as they are. */
export const m0015MetricsRole: Migration = {
  number: 15,
  name: 'metrics-role',
  sqlite: [
    // SQLite changes no constraint of a table that is there.
    `CREATE TABLE tokens_with_metrics (
       name TEXT PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('metrics', 'record', 'edit', 'admin')),
       token_hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, last_used_at TEXT) STRICT, WITHOUT ROWID`,
    `INSERT INTO tokens_with_metrics (name, role, token_hash, created_at, last_used_at)
       SELECT name, role, token_hash, created_at, last_used_at FROM tokens`,
    'DROP TABLE tokens',
    'ALTER TABLE tokens_with_metrics RENAME TO tokens',
  ],
  postgres: [
    'ALTER TABLE tokens DROP CONSTRAINT tokens_role_check',
    `ALTER TABLE tokens ADD CONSTRAINT tokens_role_check CHECK (role IN ('metrics', 'record', 'edit', 'admin'))`,
  ],
};
