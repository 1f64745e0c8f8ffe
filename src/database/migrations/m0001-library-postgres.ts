/** The first migration in the words of PostgreSQL. Texts are compared byte by byte, as in SQLite. */

const TEXT = 'text COLLATE "C"';

const recordings = `
CREATE TABLE recordings (
  row_key bigint PRIMARY KEY,
  id ${TEXT} NOT NULL UNIQUE,
  status ${TEXT} NOT NULL CHECK (status IN
    ('placing', 'finishing', 'active', 'archived', 'trashed', 'damaged', 'missing')),
  shelf ${TEXT} NOT NULL GENERATED ALWAYS AS
    (CASE status WHEN 'placing' THEN 'hidden' WHEN 'trashed' THEN 'trash' ELSE 'library' END) STORED,
  kind ${TEXT} NOT NULL CHECK (kind IN ('take', 'file', 'edit')),
  title ${TEXT} NOT NULL,
  filename ${TEXT} NOT NULL,
  stored_filename ${TEXT} NOT NULL UNIQUE,
  filesize_bytes bigint NOT NULL CHECK (filesize_bytes >= 0),
  checksum ${TEXT} NOT NULL CHECK (length(checksum) = 64),
  is_deduplicated smallint NOT NULL CHECK (is_deduplicated IN (0, 1)),
  version bigint NOT NULL CHECK (version >= 1),
  created_at ${TEXT} NOT NULL,
  modified_at ${TEXT} NOT NULL,
  trashed_at ${TEXT},
  status_before_trash ${TEXT},
  recorded_at ${TEXT},
  take_id ${TEXT},
  segment bigint,
  tags ${TEXT} NOT NULL,
  notes ${TEXT} NOT NULL,
  document ${TEXT} NOT NULL
)`;

// The words of a text are found and folded by the program (search-folding.ts), so that both databases find the same.
// The server's own finding of words is passed by: it depends on the language it was set up with. Places begin at 2, so
// that no phrase reaches from one field into the next; 16,383 is the highest that a tsvector knows.
const wordVector = `
CREATE FUNCTION word_vector(words text, weight text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg('''' || word || ''':' || least(place + 1, 16383) || weight, ' '), '')::tsvector
  FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS found (word, place) WHERE word <> ''
$$`;

const search = `
CREATE TABLE recording_search (
  rowid bigint PRIMARY KEY,
  title ${TEXT} NOT NULL,
  tags ${TEXT} NOT NULL,
  notes ${TEXT} NOT NULL,
  filename ${TEXT} NOT NULL,
  shelf ${TEXT} NOT NULL,
  document tsvector NOT NULL GENERATED ALWAYS AS (
    word_vector(title, 'A') || word_vector(tags, 'B') || word_vector(filename, 'C') || word_vector(notes, 'D')) STORED
)`;

const tags = `
CREATE TABLE recording_tags (
  tag_key ${TEXT} NOT NULL,
  shelf ${TEXT} NOT NULL,
  created_at ${TEXT} NOT NULL,
  recording_id ${TEXT} NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  tag ${TEXT} NOT NULL,
  PRIMARY KEY (tag_key, shelf, created_at, recording_id)
)`;

// Sums stand in several rows, each changed by other connections, so that sessions that write do not wait for one
// another. Which row a connection changes follows from its process; a part may be below zero, the sum is not.
const SHARD = 'pg_backend_pid() & 15';

const countTags = `
CREATE FUNCTION count_tags() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO tag_count_shards AS known (tag_key, shard, recording_count)
    SELECT tag_key, ${SHARD}, sum(change) FROM (
      SELECT tag_key, CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END AS change FROM changed WHERE shelf = 'library'
    ) AS changes GROUP BY tag_key ORDER BY tag_key
    ON CONFLICT (tag_key, shard) DO UPDATE SET recording_count = known.recording_count + excluded.recording_count;
  RETURN NULL;
END $$`;

// As in SQLite the spelling that is shown is the oldest one.
const tagCounts = `
CREATE VIEW tag_counts AS
  SELECT s.tag_key,
    (SELECT t.tag FROM recording_tags AS t WHERE t.tag_key = s.tag_key AND t.shelf = 'library'
       ORDER BY t.created_at, t.recording_id LIMIT 1) AS tag,
    s.recording_count
  FROM (SELECT tag_key, sum(recording_count)::bigint AS recording_count FROM tag_count_shards
    GROUP BY tag_key HAVING sum(recording_count) > 0) AS s`;

const countRecordings = `
CREATE FUNCTION count_recordings() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO total_shards AS known (shelf, shard, recording_count, size_bytes)
    SELECT shelf, ${SHARD}, sum(change), sum(change * filesize_bytes) FROM (
      SELECT shelf, filesize_bytes, CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END AS change FROM changed
    ) AS changes GROUP BY shelf ORDER BY shelf
    ON CONFLICT (shelf, shard) DO UPDATE SET
      recording_count = known.recording_count + excluded.recording_count,
      size_bytes = known.size_bytes + excluded.size_bytes;
  RETURN NULL;
END $$`;

const moveRecording = `
CREATE FUNCTION move_recording() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO total_shards AS known (shelf, shard, recording_count, size_bytes)
    SELECT shelf, ${SHARD}, sum(recordings), sum(bytes) FROM (VALUES
      (old.shelf, -1, -old.filesize_bytes), (new.shelf, 1, new.filesize_bytes)
    ) AS changes (shelf, recordings, bytes) GROUP BY shelf ORDER BY shelf
    ON CONFLICT (shelf, shard) DO UPDATE SET
      recording_count = known.recording_count + excluded.recording_count,
      size_bytes = known.size_bytes + excluded.size_bytes;
  RETURN NULL;
END $$`;

const totals = `
CREATE VIEW totals AS
  SELECT shelf, sum(recording_count)::bigint AS recording_count, sum(size_bytes)::bigint AS size_bytes
  FROM total_shards GROUP BY shelf`;

// Changed in place by every session that writes: room in its pages saves new entries of its index.
const marks = `
CREATE TABLE session_marks (slot ${TEXT} PRIMARY KEY, mark ${TEXT} NOT NULL, used_at timestamptz NOT NULL)
  WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`;

export const libraryOnPostgres: readonly string[] = [
  marks,
  `CREATE TABLE stores (place smallint PRIMARY KEY CHECK (place = 1), id ${TEXT} NOT NULL, claimed_at ${TEXT} NOT NULL,
     is_copying smallint NOT NULL DEFAULT 0 CHECK (is_copying IN (0, 1)))`,
  recordings,
  'CREATE INDEX recordings_in_order ON recordings (shelf, created_at, id)',
  'CREATE INDEX recordings_by_age ON recordings (created_at, id)',
  'CREATE INDEX recordings_by_checksum ON recordings (checksum)',
  'CREATE UNIQUE INDEX recordings_one_original ON recordings (checksum) WHERE is_deduplicated = 1',
  "CREATE INDEX recordings_placing ON recordings (id) WHERE status = 'placing'",
  'CREATE INDEX recordings_by_take ON recordings (take_id, segment) WHERE take_id IS NOT NULL',
  wordVector,
  search,
  'CREATE INDEX recording_search_words ON recording_search USING gin (document) WITH (fastupdate = off)',
  tags,
  'CREATE INDEX recording_tags_by_recording ON recording_tags (recording_id)',
  `CREATE TABLE tag_count_shards (tag_key ${TEXT} NOT NULL, shard integer NOT NULL, recording_count bigint NOT NULL,
     PRIMARY KEY (tag_key, shard)) WITH (fillfactor = 50)`,
  countTags,
  `CREATE TRIGGER recording_tags_counted AFTER INSERT ON recording_tags
     REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tags()`,
  `CREATE TRIGGER recording_tags_discounted AFTER DELETE ON recording_tags
     REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tags()`,
  tagCounts,
  `CREATE TABLE total_shards (shelf ${TEXT} NOT NULL, shard integer NOT NULL, recording_count bigint NOT NULL,
     size_bytes bigint NOT NULL, PRIMARY KEY (shelf, shard)) WITH (fillfactor = 50)`,
  countRecordings,
  `CREATE TRIGGER recordings_added AFTER INSERT ON recordings
     REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_recordings()`,
  `CREATE TRIGGER recordings_removed AFTER DELETE ON recordings
     REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_recordings()`,
  moveRecording,
  `CREATE TRIGGER recordings_moved AFTER UPDATE ON recordings FOR EACH ROW
     WHEN (old.shelf IS DISTINCT FROM new.shelf OR old.filesize_bytes IS DISTINCT FROM new.filesize_bytes)
     EXECUTE FUNCTION move_recording()`,
  totals,
  `CREATE TABLE sidecar_outbox (
     recording_id ${TEXT} PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE, version bigint NOT NULL)`,
  `CREATE TABLE upload_receipts (
     upload_id ${TEXT} PRIMARY KEY, recording_id ${TEXT} NOT NULL, checksum ${TEXT} NOT NULL, size_bytes bigint NOT NULL,
     is_duplicate smallint NOT NULL CHECK (is_duplicate IN (0, 1)), completed_at ${TEXT} NOT NULL)`,
];
