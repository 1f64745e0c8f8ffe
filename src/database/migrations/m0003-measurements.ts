import type { Migration } from './migration.ts';

// Equal in both databases.
const INDEXES = [
  'CREATE INDEX recordings_by_audio_checksum ON recordings (audio_checksum) WHERE audio_checksum IS NOT NULL',
  'CREATE INDEX recordings_unmeasured ON recordings (id) WHERE audio_checksum IS NULL',
  "CREATE INDEX jobs_dead ON jobs (kind, dedupe_key) WHERE state = 'dead'",
];

/** What reading all of the audio told: its checksum, by which equal sound is found. */
export const m0003Measurements: Migration = {
  number: 3,
  name: 'measurements',
  postgres: [
    'ALTER TABLE recordings ADD COLUMN audio_checksum text COLLATE "C" CHECK (length(audio_checksum) = 64)',
    'ALTER TABLE recordings ADD COLUMN amended_version bigint CHECK (amended_version <= version)',
    ...INDEXES,
  ],
  sqlite: [
    'ALTER TABLE recordings ADD COLUMN audio_checksum TEXT CHECK (length(audio_checksum) = 64)',
    // Null: the last change was a person's, so that it has the number `version`.
    'ALTER TABLE recordings ADD COLUMN amended_version INTEGER CHECK (amended_version <= version)',
    ...INDEXES,
  ],
};
