import type { Generated } from 'kysely';
import type { CopyTable } from './copy-schema.ts';
import type { AlertSilenceTable, AlertTable, HealthSampleTable } from './health-schema.ts';

/** The tables of the store's database as the queries see them; `database/migrations` makes them. */
export interface StoreSchema {
  recordings: RecordingTable;
  recording_search: RecordingSearchTable;
  search_words: SearchWordTable;
  search_word_grams: SearchWordGramTable;
  recording_tags: RecordingTagTable;
  tag_counts: TagCountTable;
  recording_collections: RecordingCollectionTable;
  collection_counts: CollectionCountTable;
  amendments: AmendmentTable;
  totals: TotalsTable;
  sidecar_outbox: SidecarOutboxTable;
  upload_receipts: UploadReceiptTable;
  tombstones: TombstoneTable;
  tokens: TokenTable;
  login_sessions: LoginSessionTable;
  jobs: JobTable;
  verification_faults: VerificationFaultTable;
  migrations: MigrationTable;
  stores: StoreTable;
  recording_changes: RecordingChangeTable;
  change_readers: ChangeReaderTable;
  health_samples: HealthSampleTable;
  alerts: AlertTable;
  alert_silences: AlertSilenceTable;
  copies: CopyTable;
}

/** Where a recording shows: follows from its status. `hidden` ones are still being placed. */
export type Shelf = 'library' | 'trash' | 'hidden';

export interface RecordingTable {
  /** Milliseconds of `created_at` times 1,024 plus a running number: newest first for the full-text index. */
  row_key: number;
  id: string;
  status: string;
  shelf: Generated<Shelf>;
  kind: string;
  title: string;
  filename: string;
  stored_filename: string;
  filesize_bytes: number;
  checksum: string;
  is_deduplicated: number;
  version: number;
  created_at: string;
  modified_at: string;
  trashed_at: string | null;
  status_before_trash: string | null;
  recorded_at: string | null;
  take_id: string | null;
  segment: number | null;
  /** JSON array. */
  tags: string;
  notes: string;
  /** JSON object with all other fields of the recording. */
  document: string;
  audio_checksum: string | null;
  /** Version of the last change by a person, where what was measured came after it; null: `version`. */
  amended_version: Generated<number | null>;
  last_verified_at: string | null;
  /** What titles are ordered by. */
  title_key: string;
  /** -1: not known, which comes behind the longest and before the shortest. */
  duration_ms: number;
  /** When it was recorded, or received where nobody knows. */
  moment_ms: number;
  /** The word people use for its format. */
  format: string;
  has_warnings: number;
  /** The store whose folder has the file. Empty: the only one there is. */
  store_id: Generated<string>;
}

export interface RecordingSearchTable {
  rowid: number;
  title: string;
  tags: string;
  notes: string;
  filename: string;
  shelf: string;
  /** PostgreSQL only: all words with their places and the weight of their field, made by the database. */
  document: Generated<string>;
}

/** Words of the library, found again when they were typed wrong. A word stays when its last recording goes. */
export interface SearchWordTable {
  word: string;
}

/** Each three letters of a word, two blanks before it and one behind it. */
export interface SearchWordGramTable {
  gram: string;
  word_length: number;
  word: string;
}

/** Where a recording stands in every order, and what narrows lists: kept with each of its labels. */
export interface LabelPlace {
  shelf: Shelf;
  created_at: string;
  recording_id: string;
  row_key: number;
  title_key: string;
  duration_ms: number;
  filesize_bytes: number;
  moment_ms: number;
  format: string;
  kind: string;
  has_warnings: number;
}

export interface RecordingTagTable extends LabelPlace {
  tag_key: string;
  tag: string;
}

export interface TagCountTable {
  tag_key: string;
  /** The spelling first used. */
  tag: string;
  recording_count: number;
}

export interface RecordingCollectionTable extends LabelPlace {
  collection_key: string;
  collection: string;
}

export interface CollectionCountTable {
  collection_key: string;
  /** The spelling first used, or last given to the whole collection. */
  collection: string;
  recording_count: number;
}

/** What people changed. */
export interface AmendmentTable {
  recording_id: string;
  /** Of the recording, once it was changed. */
  version: number;
  changed_at: string;
  actor_name: string;
  /** The version whose change this one took back. */
  undoes: number | null;
  size_chars: number;
  /** JSON object of the changed fields only. */
  fields_before: string;
  /** The same fields. */
  fields_after: string;
}

export interface TotalsTable {
  shelf: Shelf;
  recording_count: number;
  size_bytes: number;
}

export interface SidecarOutboxTable {
  recording_id: string;
  version: number;
}

export interface UploadReceiptTable {
  upload_id: string;
  recording_id: string;
  checksum: string;
  size_bytes: number;
  is_duplicate: number;
  completed_at: string;
}

/** Of recordings that were purged. */
export interface TombstoneTable {
  recording_id: string;
  checksum: string;
  purged_at: string;
  stored_filename: string;
  take_id: string | null;
  /** 1: what lies of it in quarantine goes too. */
  is_everywhere: Generated<number>;
  /** 0 until every file of it is gone. */
  is_finished: number;
  /** The store that has, or had, its files. */
  store_id: Generated<string>;
}

export interface TokenTable {
  name: string;
  role: string;
  token_hash: string;
  created_at: string;
  last_used_at: string | null;
}

export interface LoginSessionTable {
  secret_hash: string;
  actor_name: string;
  role: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

export interface JobTable {
  id: string;
  kind: string;
  /** JSON. */
  payload: string;
  dedupe_key: string | null;
  /** From 0, the least. */
  priority: number;
  state: string;
  run_at_ms: number;
  attempts: number;
  max_attempts: number;
  progress: number;
  /** Grows with every lease; whoever holds an older number has lost the job. */
  fence: number;
  /** Node that leased it; null when it is not leased, or was by a program that had no names. */
  holder: string | null;
  /** When the last lease began. */
  started_at_ms: number | null;
  leased_until_ms: number | null;
  is_cancel_requested: number;
  error_code: string | null;
  error_message: string | null;
  created_at_ms: number;
  modified_at_ms: number;
  /** The store whose files it is about; nobody else runs it. */
  store_id: Generated<string>;
}

/** The last check of a recording, when it was not ok. */
export interface VerificationFaultTable {
  recording_id: string;
  stored_filename: string;
  result: string;
  expected: string;
  found: string | null;
  checked_at: string;
  message: string;
}

/** PostgreSQL only: the stores whose files the rows speak of; one, unless they agreed to share. */
export interface StoreTable {
  /** In the order of their coming, from 1. */
  place: number;
  id: string;
  claimed_at: string;
  /** 1 while only a part of its catalogue has been copied here. */
  is_copying: Generated<number>;
  /** Where its folder is, for people. */
  name: Generated<string>;
  /** 1: it was last opened by somebody who said that others may come in. */
  is_shared: Generated<number>;
}

/** PostgreSQL only: the processes that read what others change. */
export interface ChangeReaderTable {
  reader: string;
  seen_at: Generated<string>;
}

/** PostgreSQL only, and only where stores share a catalogue: what was changed in the last minutes. */
export interface RecordingChangeTable {
  /** `xid8`, as text. */
  transaction_id: Generated<string>;
  changed_at: Generated<string>;
  recording_id: string;
  store_id: string;
  kind: 'added' | 'changed' | 'purged';
  /** Of the process that wrote it. */
  writer: Generated<string>;
}

export interface MigrationTable {
  number: number;
  name: string;
  applied_at: string;
}
