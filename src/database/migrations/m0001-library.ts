import { libraryOnPostgres } from './m0001-library-postgres.ts';
import type { Migration } from './migration.ts';

const recordings = `
CREATE TABLE recordings (
  row_key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN
    ('placing', 'finishing', 'active', 'archived', 'trashed', 'damaged', 'missing')),
  shelf TEXT NOT NULL GENERATED ALWAYS AS
    (CASE status WHEN 'placing' THEN 'hidden' WHEN 'trashed' THEN 'trash' ELSE 'library' END) STORED,
  kind TEXT NOT NULL CHECK (kind IN ('take', 'file', 'edit')),
  title TEXT NOT NULL,
  filename TEXT NOT NULL,
  stored_filename TEXT NOT NULL UNIQUE,
  filesize_bytes INTEGER NOT NULL CHECK (filesize_bytes >= 0),
  checksum TEXT NOT NULL CHECK (length(checksum) = 64),
  is_deduplicated INTEGER NOT NULL CHECK (is_deduplicated IN (0, 1)),
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at TEXT NOT NULL,
  modified_at TEXT NOT NULL,
  trashed_at TEXT,
  status_before_trash TEXT,
  recorded_at TEXT,
  take_id TEXT,
  segment INTEGER,
  tags TEXT NOT NULL,
  notes TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT`;

const tags = `
CREATE TABLE recording_tags (
  tag_key TEXT NOT NULL,
  shelf TEXT NOT NULL,
  created_at TEXT NOT NULL,
  recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (tag_key, shelf, created_at, recording_id)
) STRICT, WITHOUT ROWID`;

// Counted as rows come and go: a live count(*) over a large table takes longer than a whole page of the library.
const countTags = `
CREATE TRIGGER recording_tags_counted AFTER INSERT ON recording_tags WHEN new.shelf = 'library' BEGIN
  INSERT INTO tag_counts (tag_key, tag, recording_count) VALUES (new.tag_key, new.tag, 1)
    ON CONFLICT (tag_key) DO UPDATE SET recording_count = recording_count + 1;
END`;

const discountTags = `
CREATE TRIGGER recording_tags_discounted AFTER DELETE ON recording_tags WHEN old.shelf = 'library' BEGIN
  UPDATE tag_counts SET recording_count = recording_count - 1 WHERE tag_key = old.tag_key;
  DELETE FROM tag_counts WHERE tag_key = old.tag_key AND recording_count <= 0;
END`;

const ADD =
  'UPDATE totals SET recording_count = recording_count + 1, size_bytes = size_bytes + new.filesize_bytes WHERE shelf = new.shelf;';
const SUBTRACT =
  'UPDATE totals SET recording_count = recording_count - 1, size_bytes = size_bytes - old.filesize_bytes WHERE shelf = old.shelf;';

/** Recordings with their search, tags, totals, sidecar outbox and upload receipts. */
export const m0001Library: Migration = {
  number: 1,
  name: 'library',
  postgres: libraryOnPostgres,
  sqlite: [
    recordings,
    'CREATE INDEX recordings_in_order ON recordings (shelf, created_at, id)',
    'CREATE INDEX recordings_by_age ON recordings (created_at, id)',
    'CREATE INDEX recordings_by_checksum ON recordings (checksum)',
    // The row itself decides who was first when two imports of the same bytes race.
    'CREATE UNIQUE INDEX recordings_one_original ON recordings (checksum) WHERE is_deduplicated = 1',
    "CREATE INDEX recordings_placing ON recordings (id) WHERE status = 'placing'",
    'CREATE INDEX recordings_by_take ON recordings (take_id, segment) WHERE take_id IS NOT NULL',
    `CREATE VIRTUAL TABLE recording_search USING fts5 (
       title, tags, notes, filename, shelf,
       content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2')`,
    tags,
    'CREATE INDEX recording_tags_by_recording ON recording_tags (recording_id)',
    `CREATE TABLE tag_counts (
       tag_key TEXT PRIMARY KEY, tag TEXT NOT NULL, recording_count INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    countTags,
    discountTags,
    `CREATE TABLE totals (
       shelf TEXT PRIMARY KEY, recording_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    "INSERT INTO totals (shelf, recording_count, size_bytes) VALUES ('library', 0, 0), ('trash', 0, 0), ('hidden', 0, 0)",
    `CREATE TRIGGER recordings_added AFTER INSERT ON recordings BEGIN ${ADD} END`,
    `CREATE TRIGGER recordings_removed AFTER DELETE ON recordings BEGIN ${SUBTRACT} END`,
    `CREATE TRIGGER recordings_moved AFTER UPDATE OF status, filesize_bytes ON recordings BEGIN ${SUBTRACT} ${ADD} END`,
    `CREATE TABLE sidecar_outbox (
       recording_id TEXT PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
       version INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE upload_receipts (
       upload_id TEXT PRIMARY KEY, recording_id TEXT NOT NULL, checksum TEXT NOT NULL, size_bytes INTEGER NOT NULL,
       is_duplicate INTEGER NOT NULL CHECK (is_duplicate IN (0, 1)), completed_at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
