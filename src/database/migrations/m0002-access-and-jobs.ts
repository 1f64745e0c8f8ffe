import type { Migration } from './migration.ts';

const jobs = `
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  dedupe_key TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
  run_at_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
  progress REAL NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  leased_until_ms INTEGER,
  is_cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (is_cancel_requested IN (0, 1)),
  error_code TEXT,
  error_message TEXT,
  created_at_ms INTEGER NOT NULL,
  modified_at_ms INTEGER NOT NULL
) STRICT`;

const TEXT = 'text COLLATE "C"';

const jobsOnPostgres = `
CREATE TABLE jobs (
  id ${TEXT} PRIMARY KEY,
  kind ${TEXT} NOT NULL,
  payload ${TEXT} NOT NULL,
  dedupe_key ${TEXT},
  state ${TEXT} NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
  run_at_ms bigint NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL CHECK (max_attempts >= 1),
  progress double precision NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  leased_until_ms bigint,
  is_cancel_requested smallint NOT NULL DEFAULT 0 CHECK (is_cancel_requested IN (0, 1)),
  error_code ${TEXT},
  error_message ${TEXT},
  created_at_ms bigint NOT NULL,
  modified_at_ms bigint NOT NULL
)`;

// Equal in both databases.
const jobIndexes = [
  "CREATE INDEX jobs_due ON jobs (kind, run_at_ms, id) WHERE state = 'queued'",
  "CREATE INDEX jobs_leased ON jobs (leased_until_ms) WHERE state = 'running'",
  'CREATE INDEX jobs_by_state ON jobs (state, modified_at_ms, id)',
  'CREATE INDEX jobs_by_change ON jobs (modified_at_ms, id)',
  `CREATE UNIQUE INDEX jobs_one_pending ON jobs (kind, dedupe_key)
       WHERE state IN ('queued', 'running') AND dedupe_key IS NOT NULL`,
];

/** Named tokens, login sessions and the job queue. */
export const m0002AccessAndJobs: Migration = {
  number: 2,
  name: 'access-and-jobs',
  postgres: [
    `CREATE TABLE tokens (
       name ${TEXT} PRIMARY KEY, role ${TEXT} NOT NULL CHECK (role IN ('record', 'edit', 'admin')),
       token_hash ${TEXT} NOT NULL UNIQUE, created_at ${TEXT} NOT NULL, last_used_at ${TEXT})`,
    `CREATE TABLE login_sessions (
       secret_hash ${TEXT} PRIMARY KEY, actor_name ${TEXT} NOT NULL,
       role ${TEXT} NOT NULL CHECK (role IN ('record', 'edit', 'admin')),
       created_at ${TEXT} NOT NULL, last_used_at ${TEXT} NOT NULL, expires_at ${TEXT} NOT NULL)`,
    'CREATE INDEX login_sessions_by_actor ON login_sessions (actor_name)',
    jobsOnPostgres,
    ...jobIndexes,
  ],
  sqlite: [
    `CREATE TABLE tokens (
       name TEXT PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('record', 'edit', 'admin')),
       token_hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, last_used_at TEXT) STRICT, WITHOUT ROWID`,
    `CREATE TABLE login_sessions (
       secret_hash TEXT PRIMARY KEY, actor_name TEXT NOT NULL,
       role TEXT NOT NULL CHECK (role IN ('record', 'edit', 'admin')),
       created_at TEXT NOT NULL, last_used_at TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
    'CREATE INDEX login_sessions_by_actor ON login_sessions (actor_name)',
    jobs,
    ...jobIndexes,
  ],
};
