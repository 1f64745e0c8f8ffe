import type { Migration } from './migration.ts';

// Compared byte by byte, as in SQLite.
const TEXT = 'text COLLATE "C"';

const ADD_COUNT = `
INSERT INTO collection_counts (collection_key, collection, recording_count)
  VALUES (new.collection_key, new.collection, 1)
  ON CONFLICT (collection_key) DO UPDATE SET recording_count = collection_counts.recording_count + 1;`;

const TAKE_COUNT = `
UPDATE collection_counts SET recording_count = recording_count - 1 WHERE collection_key = old.collection_key;
DELETE FROM collection_counts WHERE collection_key = old.collection_key AND recording_count <= 0;`;

/** Collections with their counts, and what people changed: when, who, what was there before. */
export const m0008CollectionsAndHistory: Migration = {
  number: 8,
  name: 'collections-and-history',
  sqlite: [
    `CREATE TABLE recording_collections (
       collection_key TEXT NOT NULL,
       shelf TEXT NOT NULL,
       created_at TEXT NOT NULL,
       recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
       collection TEXT NOT NULL,
       PRIMARY KEY (collection_key, shelf, created_at, recording_id)
     ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX recording_collections_by_recording ON recording_collections (recording_id)',
    `CREATE TABLE collection_counts (
       collection_key TEXT PRIMARY KEY, collection TEXT NOT NULL, recording_count INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID`,
    `CREATE TRIGGER recording_collections_counted AFTER INSERT ON recording_collections
       WHEN new.shelf = 'library' BEGIN ${ADD_COUNT} END`,
    `CREATE TRIGGER recording_collections_discounted AFTER DELETE ON recording_collections
       WHEN old.shelf = 'library' BEGIN ${TAKE_COUNT} END`,
    `CREATE TABLE amendments (
       recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
       version INTEGER NOT NULL CHECK (version >= 1),
       changed_at TEXT NOT NULL,
       actor_name TEXT NOT NULL,
       undoes INTEGER,
       -- Of both texts together: said here, so that nobody has to read them in order to know.
       size_chars INTEGER NOT NULL,
       fields_before TEXT NOT NULL,
       fields_after TEXT NOT NULL,
       PRIMARY KEY (recording_id, version)
     ) STRICT, WITHOUT ROWID`,
    // Oldest first: the spelling first used is the one that is shown.
    `INSERT INTO recording_collections (collection_key, shelf, created_at, recording_id, collection)
       SELECT word_key(c.value), r.shelf, r.created_at, r.id, c.value
       FROM recordings AS r, json_each(r.document, '$.collections') AS c
       WHERE r.shelf <> 'hidden' ORDER BY r.created_at, r.id
       ON CONFLICT DO NOTHING`,
  ],
  // Nothing stands there from before collections had a table: the first release with PostgreSQL has this migration.
  postgres: [
    `CREATE TABLE recording_collections (
       collection_key ${TEXT} NOT NULL,
       shelf ${TEXT} NOT NULL,
       created_at ${TEXT} NOT NULL,
       recording_id ${TEXT} NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
       collection ${TEXT} NOT NULL,
       PRIMARY KEY (collection_key, shelf, created_at, recording_id))`,
    'CREATE INDEX recording_collections_by_recording ON recording_collections (recording_id)',
    `CREATE TABLE collection_counts (
       collection_key ${TEXT} PRIMARY KEY, collection ${TEXT} NOT NULL, recording_count bigint NOT NULL)`,
    `CREATE FUNCTION count_collection() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN ${ADD_COUNT} RETURN NULL; END $$`,
    `CREATE FUNCTION discount_collection() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN ${TAKE_COUNT} RETURN NULL; END $$`,
    `CREATE TRIGGER recording_collections_counted AFTER INSERT ON recording_collections
       FOR EACH ROW WHEN (new.shelf = 'library') EXECUTE FUNCTION count_collection()`,
    `CREATE TRIGGER recording_collections_discounted AFTER DELETE ON recording_collections
       FOR EACH ROW WHEN (old.shelf = 'library') EXECUTE FUNCTION discount_collection()`,
    `CREATE TABLE amendments (
       recording_id ${TEXT} NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
       version bigint NOT NULL CHECK (version >= 1),
       changed_at ${TEXT} NOT NULL,
       actor_name ${TEXT} NOT NULL,
       undoes bigint,
       size_chars bigint NOT NULL,
       fields_before ${TEXT} NOT NULL,
       fields_after ${TEXT} NOT NULL,
       PRIMARY KEY (recording_id, version))`,
  ],
};
