import type { Migration } from './migration.ts';

const TEXT = 'text COLLATE "C"';
const STATES = `('owed', 'sending', 'sent', 'verified', 'stale', 'failed', 'conflict')`;

/** The ledger of copies at other places: each recording at each target. */
export const m0017Copies: Migration = {
  number: 17,
  name: 'copies',
  sqlite: [
    `CREATE TABLE copies (
       target_id TEXT NOT NULL, recording_id TEXT NOT NULL,
       state TEXT NOT NULL CHECK (state IN ${STATES}),
       stored_filename TEXT NOT NULL, size_bytes INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 0,
       attempts INTEGER NOT NULL DEFAULT 0, next_try_ms INTEGER, begun_at TEXT, session TEXT, sent_at TEXT,
       verified_at TEXT, error_code TEXT, error_message TEXT,
       PRIMARY KEY (target_id, recording_id)
     ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX copies_due ON copies (target_id, next_try_ms, recording_id) WHERE next_try_ms IS NOT NULL',
    'CREATE INDEX copies_by_state ON copies (target_id, state, verified_at, recording_id)',
    'CREATE INDEX copies_of_recording ON copies (recording_id)',
  ],
  postgres: [
    `CREATE TABLE copies (
       target_id ${TEXT} NOT NULL, recording_id ${TEXT} NOT NULL,
       state ${TEXT} NOT NULL CHECK (state IN ${STATES}),
       stored_filename ${TEXT} NOT NULL, size_bytes bigint NOT NULL, version bigint NOT NULL DEFAULT 0,
       attempts integer NOT NULL DEFAULT 0, next_try_ms bigint, begun_at ${TEXT}, session ${TEXT}, sent_at ${TEXT},
       verified_at ${TEXT}, error_code ${TEXT}, error_message ${TEXT},
       PRIMARY KEY (target_id, recording_id))`,
    'CREATE INDEX copies_due ON copies (target_id, next_try_ms, recording_id) WHERE next_try_ms IS NOT NULL',
    'CREATE INDEX copies_by_state ON copies (target_id, state, verified_at, recording_id)',
    'CREATE INDEX copies_of_recording ON copies (recording_id)',
  ],
};
