import type { Migration } from './migration.ts';

// Equal in both databases: where a kind has work of a priority is one look into the index.
const indexes = [
  'DROP INDEX jobs_due',
  "CREATE INDEX jobs_due ON jobs (kind, priority, run_at_ms, id) WHERE state = 'queued'",
  "CREATE INDEX jobs_held ON jobs (holder) WHERE state = 'running'",
];

/** Jobs that matter more come first; a lease says who holds it and since when. */
export const m0009JobPriority: Migration = {
  number: 9,
  name: 'job-priority',
  sqlite: [
    'ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2)',
    'ALTER TABLE jobs ADD COLUMN holder TEXT',
    'ALTER TABLE jobs ADD COLUMN started_at_ms INTEGER',
    ...indexes,
  ],
  postgres: [
    `ALTER TABLE jobs
       ADD COLUMN priority SMALLINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
       ADD COLUMN holder TEXT COLLATE "C",
       ADD COLUMN started_at_ms BIGINT`,
    ...indexes,
  ],
};
