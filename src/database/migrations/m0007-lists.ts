import type { Migration } from './migration.ts';

// The length a search word needs for a like one to be looked for, less the letters that may be missing.
const LIKE_WORDS = `length(word) BETWEEN 3 AND 40 AND word NOT GLOB '*[0-9]*'`;

// Of each order with all that narrows lists: what is passed over is decided from the index alone.
const NARROWING = 'moment_ms, duration_ms, format, kind, has_warnings';

/** What lists are ordered and narrowed by, and the words that are searched for in place of misspelt ones. */
export const m0007Lists: Migration = {
  number: 7,
  name: 'lists',
  sqlite: [
    "ALTER TABLE recordings ADD COLUMN title_key TEXT NOT NULL DEFAULT ''",
    'ALTER TABLE recordings ADD COLUMN duration_ms INTEGER NOT NULL DEFAULT -1',
    'ALTER TABLE recordings ADD COLUMN moment_ms INTEGER NOT NULL DEFAULT 0',
    "ALTER TABLE recordings ADD COLUMN format TEXT NOT NULL DEFAULT ''",
    'ALTER TABLE recordings ADD COLUMN has_warnings INTEGER NOT NULL DEFAULT 0 CHECK (has_warnings IN (0, 1))',
    `UPDATE recordings SET
       title_key = title_key(title),
       duration_ms = coalesce(CAST(round(1000 * (document ->> '$.duration')) AS INTEGER), -1),
       moment_ms = CAST(round(1000 * coalesce(unixepoch(recorded_at, 'subsec'), unixepoch(created_at, 'subsec'), 0)) AS INTEGER),
       format = CASE WHEN (document ->> '$.codec') LIKE 'pcm\\_%' ESCAPE '\\'
         THEN substr(document ->> '$.container', 1, instr((document ->> '$.container') || ',', ',') - 1)
         ELSE coalesce(document ->> '$.codec', '') END,
       has_warnings = coalesce(json_array_length(document, '$.warnings') > 0, 0)`,
    'DROP INDEX recordings_in_order',
    `CREATE INDEX recordings_in_order ON recordings (shelf, created_at, id, ${NARROWING})`,
    `CREATE INDEX recordings_by_title ON recordings (shelf, title_key, row_key, ${NARROWING})`,
    `CREATE INDEX recordings_by_duration ON recordings (shelf, duration_ms, row_key, moment_ms, format, kind, has_warnings)`,
    `CREATE INDEX recordings_by_size ON recordings (shelf, filesize_bytes, row_key, ${NARROWING})`,
    'CREATE INDEX recordings_by_moment ON recordings (shelf, moment_ms, row_key, duration_ms, format, kind, has_warnings)',
    'CREATE INDEX recordings_by_format ON recordings (shelf, format)',
    'CREATE INDEX recordings_with_warnings ON recordings (shelf) WHERE has_warnings = 1',
    'CREATE TABLE search_words (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID',
    `CREATE TABLE search_word_grams (
       gram TEXT NOT NULL, word_length INTEGER NOT NULL, word TEXT NOT NULL,
       PRIMARY KEY (gram, word_length, word)) STRICT, WITHOUT ROWID`,
    "CREATE VIRTUAL TABLE known_words USING fts5vocab (recording_search, 'row')",
    `INSERT INTO search_words (word) SELECT term AS word FROM known_words WHERE ${LIKE_WORDS.replaceAll('word', 'term')}`,
    'DROP TABLE known_words',
    `INSERT OR IGNORE INTO search_word_grams (gram, word_length, word)
       SELECT substr('  ' || word || ' ', place.value, 3), length(word), word
       FROM search_words JOIN json_each('[${Array.from({ length: 41 }, (_, i) => i + 1)}]') AS place
       WHERE place.value <= length(word) + 1`,
  ],
  // Nothing stands there from before: the first release with PostgreSQL has this migration.
  postgres: [
    `ALTER TABLE recordings
       ADD COLUMN title_key text COLLATE "C" NOT NULL DEFAULT '',
       ADD COLUMN duration_ms bigint NOT NULL DEFAULT -1,
       ADD COLUMN moment_ms bigint NOT NULL DEFAULT 0,
       ADD COLUMN format text COLLATE "C" NOT NULL DEFAULT '',
       ADD COLUMN has_warnings smallint NOT NULL DEFAULT 0 CHECK (has_warnings IN (0, 1))`,
    'CREATE INDEX recordings_by_title ON recordings (shelf, title_key, row_key)',
    'CREATE INDEX recordings_by_duration ON recordings (shelf, duration_ms, row_key)',
    'CREATE INDEX recordings_by_size ON recordings (shelf, filesize_bytes, row_key)',
    'CREATE INDEX recordings_by_moment ON recordings (shelf, moment_ms, row_key)',
    'CREATE INDEX recordings_by_format ON recordings (shelf, format)',
    'CREATE INDEX recordings_with_warnings ON recordings (shelf) WHERE has_warnings = 1',
    'CREATE TABLE search_words (word text COLLATE "C" PRIMARY KEY)',
    `CREATE TABLE search_word_grams (
       gram text COLLATE "C" NOT NULL, word_length integer NOT NULL, word text COLLATE "C" NOT NULL,
       PRIMARY KEY (gram, word_length, word))`,
  ],
};
