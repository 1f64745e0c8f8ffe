import type { Migration } from './migration.ts';

const TEXT = 'text COLLATE "C"';
const WITH_STORE = ['recordings', 'jobs', 'tombstones'] as const;

/** What stands there is of the one store there was. As a default of the column, so that no row is written anew for it. */
const addStore = WITH_STORE.map(
  (table) => `EXECUTE format('ALTER TABLE ${table} ADD COLUMN store_id ${TEXT} NOT NULL DEFAULT %L', owner);
    ALTER TABLE ${table} ALTER COLUMN store_id SET DEFAULT '';`,
).join('\n    ');

// A row-level trigger whose condition is judged before it is called: what shows nobody anything costs nothing.
const noteChange = `
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT FROM stores WHERE is_shared = 1 OR place > 1) THEN
    IF tg_op = 'DELETE' THEN
      INSERT INTO recording_changes (recording_id, store_id, kind) VALUES (old.id, old.store_id, 'purged');
    ELSIF tg_op = 'INSERT' OR old.shelf = 'hidden' THEN
      INSERT INTO recording_changes (recording_id, store_id, kind) VALUES (new.id, new.store_id, 'added');
    ELSE
      INSERT INTO recording_changes (recording_id, store_id, kind) VALUES (new.id, new.store_id, 'changed');
    END IF;
  END IF;
  RETURN NULL;
END $$`;

/** Several stores in one catalogue: whose files each row speaks of, and what was changed lately. */
export const m0010SharedStores: Migration = {
  number: 10,
  name: 'shared-stores',
  // A file belongs to one store; the columns are there because queries and copies are the same for both databases.
  sqlite: WITH_STORE.map((table) => `ALTER TABLE ${table} ADD COLUMN store_id TEXT NOT NULL DEFAULT ''`),
  postgres: [
    'ALTER TABLE stores DROP CONSTRAINT stores_place_check',
    `ALTER TABLE stores
       ADD COLUMN name ${TEXT} NOT NULL DEFAULT '',
       ADD COLUMN is_shared smallint NOT NULL DEFAULT 0 CHECK (is_shared IN (0, 1)),
       ADD UNIQUE (id)`,
    `DO $$ DECLARE owner text := coalesce((SELECT id FROM stores), ''); BEGIN
    ${addStore}
    END $$`,
    // Each store keeps what was brought to it, also what another one has.
    'DROP INDEX recordings_one_original',
    'CREATE UNIQUE INDEX recordings_one_original ON recordings (checksum, store_id) WHERE is_deduplicated = 1',
    'DROP INDEX recordings_by_verification',
    'CREATE INDEX recordings_by_verification ON recordings (store_id, last_verified_at NULLS FIRST, id)',
    'DROP INDEX recordings_unmeasured',
    'CREATE INDEX recordings_unmeasured ON recordings (store_id, id) WHERE audio_checksum IS NULL',
    'DROP INDEX recordings_figures',
    'CREATE INDEX recordings_figures ON recordings (store_id, shelf, kind, created_at, filesize_bytes)',
    'DROP INDEX jobs_due',
    "CREATE INDEX jobs_due ON jobs (store_id, kind, priority, run_at_ms, id) WHERE state = 'queued'",
    'DROP INDEX jobs_one_pending',
    `CREATE UNIQUE INDEX jobs_one_pending ON jobs (kind, dedupe_key, store_id)
       WHERE state IN ('queued', 'running') AND dedupe_key IS NOT NULL`,
    // Both empty after a crash, or on another server that takes over: who finds his own row gone knows what that means.
    `CREATE UNLOGGED TABLE change_readers (reader ${TEXT} PRIMARY KEY, seen_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE UNLOGGED TABLE recording_changes (
       transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
       changed_at timestamptz NOT NULL DEFAULT now(),
       recording_id ${TEXT} NOT NULL,
       store_id ${TEXT} NOT NULL,
       kind ${TEXT} NOT NULL CHECK (kind IN ('added', 'changed', 'purged')),
       writer ${TEXT} NOT NULL DEFAULT coalesce(current_setting('voice_recorder.writer', true), ''))`,
    'CREATE INDEX recording_changes_by_transaction ON recording_changes (transaction_id)',
    noteChange,
    `CREATE TRIGGER recordings_noted_added AFTER INSERT ON recordings FOR EACH ROW
       WHEN (new.shelf <> 'hidden') EXECUTE FUNCTION note_change()`,
    // A check that found nothing makes no new version, and is told to nobody.
    `CREATE TRIGGER recordings_noted_changed AFTER UPDATE ON recordings FOR EACH ROW
       WHEN (new.shelf <> 'hidden' AND (old.version <> new.version OR old.shelf <> new.shelf))
       EXECUTE FUNCTION note_change()`,
    `CREATE TRIGGER recordings_noted_purged AFTER DELETE ON recordings FOR EACH ROW
       WHEN (old.shelf <> 'hidden') EXECUTE FUNCTION note_change()`,
  ],
};
