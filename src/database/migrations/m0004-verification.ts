import type { Migration } from './migration.ts';

const TEXT = 'text COLLATE "C"';

/** When each original was last read again, and what was not as it should be. */
export const m0004Verification: Migration = {
  number: 4,
  name: 'verification',
  postgres: [
    'ALTER TABLE recordings ADD COLUMN last_verified_at text COLLATE "C"',
    'CREATE INDEX recordings_by_verification ON recordings (last_verified_at NULLS FIRST, id)',
    `CREATE TABLE verification_faults (
       recording_id ${TEXT} PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
       stored_filename ${TEXT} NOT NULL,
       result ${TEXT} NOT NULL CHECK (result IN ('damaged', 'missing', 'unreadable')),
       expected ${TEXT} NOT NULL,
       found ${TEXT},
       checked_at ${TEXT} NOT NULL,
       message ${TEXT} NOT NULL)`,
  ],
  sqlite: [
    'ALTER TABLE recordings ADD COLUMN last_verified_at TEXT',
    // Those never verified (NULL) come first.
    'CREATE INDEX recordings_by_verification ON recordings (last_verified_at, id)',
    `CREATE TABLE verification_faults (
       recording_id TEXT PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
       stored_filename TEXT NOT NULL,
       result TEXT NOT NULL CHECK (result IN ('damaged', 'missing', 'unreadable')),
       expected TEXT NOT NULL,
       found TEXT,
       checked_at TEXT NOT NULL,
       message TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
