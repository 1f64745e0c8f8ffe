import type { Migration } from './migration.ts';

const TEXT = 'text COLLATE "C"';

// Equal in both databases.
const INDEXES = [
  // How much there is of each kind and month is asked whenever somebody looks at the storage page.
  'CREATE INDEX recordings_figures ON recordings (shelf, kind, created_at, filesize_bytes)',
  'CREATE INDEX tombstones_unfinished ON tombstones (recording_id) WHERE is_finished = 0',
];

/** What was purged by a person's word, so that nothing brings it back; and how much is stored, by kind and month. */
export const m0006Tombstones: Migration = {
  number: 6,
  name: 'tombstones',
  postgres: [
    `CREATE TABLE tombstones (
       recording_id ${TEXT} PRIMARY KEY, checksum ${TEXT} NOT NULL, purged_at ${TEXT} NOT NULL,
       stored_filename ${TEXT} NOT NULL, take_id ${TEXT},
       is_everywhere smallint NOT NULL DEFAULT 0 CHECK (is_everywhere IN (0, 1)),
       is_finished smallint NOT NULL CHECK (is_finished IN (0, 1)))`,
    ...INDEXES,
  ],
  sqlite: [
    `CREATE TABLE tombstones (
       recording_id TEXT PRIMARY KEY, checksum TEXT NOT NULL, purged_at TEXT NOT NULL,
       stored_filename TEXT NOT NULL, take_id TEXT,
       is_everywhere INTEGER NOT NULL DEFAULT 0 CHECK (is_everywhere IN (0, 1)),
       is_finished INTEGER NOT NULL CHECK (is_finished IN (0, 1))
     ) STRICT, WITHOUT ROWID`,
    ...INDEXES,
  ],
};
