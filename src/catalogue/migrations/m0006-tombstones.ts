import type { Migration } from './migration.ts';

/** What was purged by a person's word: for good, and so that nothing brings it back. */
export const m0006Tombstones: Migration = {
  number: 6,
  name: 'tombstones',
  statements: [
    `CREATE TABLE tombstones (
       recording_id TEXT PRIMARY KEY, checksum TEXT NOT NULL, purged_at TEXT NOT NULL,
       stored_filename TEXT NOT NULL, take_id TEXT, is_finished INTEGER NOT NULL CHECK (is_finished IN (0, 1))
     ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX tombstones_unfinished ON tombstones (recording_id) WHERE is_finished = 0',
  ],
};
