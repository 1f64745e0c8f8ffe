import type { Readable } from 'node:stream';
import type { Alerts } from './alerts/alerts.ts';
import type { Backups } from './backup/catalogue-backups.ts';
import type { Acceptance } from './capacity/degradation.ts';
import type { Forecast } from './capacity/forecast.ts';
import type { DatabaseContextManager } from './database/database-context-manager.ts';
import type { Health } from './health/health.ts';
import type { Actor, NamedToken, Role } from './model/access.ts';
import type { Recommendation } from './model/cleanup.ts';
import type { Sha256Hex } from './model/digest.ts';
import type { HistoryPage, HistoryQuery } from './model/history.ts';
import type { RecordingId } from './model/id.ts';
import type { ImportOutcome } from './model/import-outcome.ts';
import type { JobFilter, JobLoad, JobPage, ShownJob } from './model/job.ts';
import type { Preflight, PreflightWish } from './model/preflight.ts';
import type { RecorderEvent } from './model/recorder-event.ts';
import type { RecorderFigures } from './model/recorder-figures.ts';
import type { Recording, RecordingAmendment, RecordingPage, RecordingQuery } from './model/recording.ts';
import type { SharingStore } from './model/sharing-store.ts';
import type { Take, TakeAmendment } from './model/take.ts';
import type { UploadState, UploadWish } from './model/upload.ts';
import type { Cleanup, FileCount, StoredFiles } from './stored-files.ts';
import type { Copies } from './sync/copies.ts';
import type { Verification } from './verify/verification.ts';

/** The joined house, as `serve`, `cli` and embedding programs see it. `openVoiceRecorder()` makes one. */
export interface VoiceRecorder {
  readonly storeId: string;
  readonly dataDir: string;
  readonly library: Library;
  readonly takes: Takes;
  readonly uploads: Uploads;
  /** The one door to stored files, purging included. */
  readonly files: StoredFiles;
  /** The sessions of the store's database, with their metrics. */
  readonly contextManager: DatabaseContextManager;
  /** Ways to make room. */
  readonly cleanup: Cleanup;
  readonly access: Access;
  readonly verification: Verification;
  readonly backups: Backups;
  readonly jobs: Jobs;
  /** Copies at other places. */
  readonly copies: Copies;
  /** The stores that share the catalogue, this one included; none where it is a file. */
  stores(): Promise<readonly SharingStore[]>;
  /** Calls `listener` for each event until the returned function is called. */
  subscribe(listener: (event: RecorderEvent) => void): () => void;
  /** `isThorough`: waits until the disk is counted anew, and says what could go. */
  storageReport(options?: { readonly isThorough?: boolean }): Promise<StorageReport>;
  /** What people are told about what is not well. */
  readonly alerts: Alerts;
  /** How the store is, check by check, and how it was. */
  readonly health: Health;
  /** How much room there is; answers whatever became of the database. */
  room(): Promise<StoreRoom>;
  /** What was counted since the store was opened; costs nothing. */
  figures(): RecorderFigures;
  /**
   * Looks whether something can be done before it is begun: writes to the disk, asks the database, counts what fits.
   * Rejects with `invalid-input`.
   */
  preflight(wish?: PreflightWish): Promise<Preflight>;
  /** True when catalogue and store answer and there is room, as of the last second; what `/api/health/ready` says. */
  isReady(): Promise<boolean>;
  /** Finishes or parks everything, frees the lock. */
  close(): Promise<void>;
}

/** The derived work that waits, runs, failed or was done lately. */
export interface Jobs {
  /** Last changed first. Rejects with `invalid-input`. */
  list(filter?: JobFilter): Promise<JobPage>;
  find(id: string): Promise<ShownJob | undefined>;
  /** How much work there is of each kind; kinds without any are left out. */
  load(): Promise<readonly JobLoad[]>;
  /** Queues a failed or cancelled job anew; the answer is its pending twin where there is one. Rejects with `job-unknown`. */
  retry(id: string): Promise<ShownJob>;
  /** A waiting job ends at once, a running one when it hears of it. Rejects with `job-unknown`. */
  cancel(id: string): Promise<ShownJob>;
}

/** Everything that can be done with recordings that are there. */
export interface Library {
  list(query: RecordingQuery): Promise<RecordingPage>;
  find(id: RecordingId): Promise<Recording | undefined>;
  /** All tags in use with their counts, most used first. */
  tags(): Promise<readonly { tag: string; count: number }[]>;
  /** All collections in use with their counts, by name. */
  collections(): Promise<readonly { collection: string; count: number }[]>;
  /**
   * `by`: the name of whose change it is, for the history; the owner's when not given.
   * Rejects with `recording-unknown`, `version-conflict` (when `expectedVersion` is stale) or `invalid-input`.
   */
  amend(
    id: RecordingId,
    amendment: RecordingAmendment,
    expectedVersion?: number,
    by?: string,
  ): Promise<Recording>;
  trash(id: RecordingId, expectedVersion?: number, by?: string): Promise<Recording>;
  restore(id: RecordingId, by?: string): Promise<Recording>;
  /**
   * Amends up to 500 recordings, all or none; resolves when that is committed, before their sidecars are written.
   * Rejects as {@link amend} does.
   */
  amendAll(
    targets: readonly AmendmentTarget[],
    amendment: RecordingAmendment,
    by?: string,
  ): Promise<readonly Recording[]>;
  /**
   * Gives a collection another name, in the trash too; one that there is takes it in. Resolves to the number of
   * changed recordings. Broken off, it goes on when begun again. Rejects with `collection-unknown` or `invalid-input`.
   */
  renameCollection(name: string, to: string, by?: string): Promise<number>;
  /** Takes all recordings out of a collection; they stay. Otherwise as {@link renameCollection}. */
  removeCollection(name: string, by?: string): Promise<number>;
  /**
   * What people changed about a recording, newest first. Rejects with `recording-unknown`, `cursor-invalid` or
   * `invalid-input`.
   */
  history(id: RecordingId, query?: HistoryQuery): Promise<HistoryPage>;
  /**
   * Puts back what the change that made `version` had found, as a new change. Rejects with `undo-conflict` when
   * something of it was changed again since, further with `recording-unknown`, `amendment-unknown` or
   * `version-conflict`.
   */
  undo(id: RecordingId, version: number, expectedVersion?: number, by?: string): Promise<Recording>;
  /** Never rejects for a bad file: the outcome says what became of it. */
  importFile(path: string, options?: ImportOptions): Promise<ImportOutcome>;
  /** The original bytes. Rejects with `recording-unknown`, `blob-missing` or `stored-elsewhere`. */
  audio(id: RecordingId): Promise<AudioSource>;
  /** The original where browsers play and seek it, else a derived rendition (made on first use). */
  playable(id: RecordingId): Promise<AudioSource>;
  peaks(id: RecordingId, view: PeaksRequest): Promise<PeaksView>;
}

/** One of several recordings that are amended together. */
export interface AmendmentTarget {
  readonly id: RecordingId;
  /** Any when not given. */
  readonly expectedVersion?: number;
}

/** Takes as one, in however many segments they came. Their segments stay recordings of their own. */
export interface Takes {
  find(takeId: string): Promise<Take | undefined>;
  /**
   * The joined audio, made on first use; of a take with one segment its original. Rejects with `take-unknown`,
   * `take-not-joinable`, `blob-missing`, `disk-full` or a `media-…` code.
   */
  audio(takeId: string): Promise<AudioSource>;
  /** The joined audio where browsers play and seek it, else a rendition of it. Rejects as {@link audio} does. */
  playable(takeId: string): Promise<AudioSource>;
  /** Of the joined audio. Rejects as {@link audio} does. */
  peaks(takeId: string, view: PeaksRequest): Promise<PeaksView>;
  /** All segments or none. Rejects with `take-unknown`, `version-conflict` or `invalid-input`. */
  amend(takeId: string, amendment: TakeAmendment, expectedVersion?: string, by?: string): Promise<Take>;
  /** All segments or none. Rejects with `take-unknown` or `version-conflict`. */
  trash(takeId: string, expectedVersion?: string, by?: string): Promise<Take>;
  /** All segments that lie in the trash. Rejects with `take-unknown`. */
  restore(takeId: string, by?: string): Promise<Take>;
}

/** What is said about a file that is brought in, and how. */
export interface ImportOptions {
  readonly title?: string;
  readonly tags?: readonly string[];
  /** Removes the source after its copy was read back, matched and committed. */
  readonly isMove?: boolean;
  /** Reads what was stored again, and compares, before it counts as done; always so for a move. */
  readonly isReadBack?: boolean;
  /** Runs every check and says each, stores nothing. */
  readonly isDryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Bytes of this file read so far. */
  readonly onProgress?: (bytesDone: number) => void;
}

/** Audio that can be read in parts: an original or a rendition. */
export interface AudioSource {
  readonly sizeBytes: number;
  /** From the table of probed containers, never from the uploader. */
  readonly mimeType: string;
  /** Strong ETag without quotes: the checksum of the original, another value for a rendition. */
  readonly etag: string;
  readonly filename: string;
  /** Bytes from `start` (inclusive) to `end` (exclusive). */
  open(range?: { start: number; end: number }): Promise<Readable>;
}

/** Which part of a waveform is wanted, and how fine. All of it when nothing is given. */
export interface PeaksRequest {
  readonly fromSeconds?: number;
  readonly toSeconds?: number;
  /** Pairs wanted, 1 to 20,000. */
  readonly width?: number;
}

/** Lowest and highest samples of equal stretches from `fromSeconds` to `toSeconds`. */
export interface PeaksView {
  readonly durationSeconds: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Same length both; -1 to 1. */
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** Durable uploads, as tus 1.0.0 needs them. Every answer speaks only of bytes on stable storage. */
export interface Uploads {
  /** `createdBy`: name of the actor who begins it; kept with the upload, restarts included. */
  create(wish: UploadWish, lengthBytes: number | null, createdBy?: string | null): Promise<UploadState>;
  /**
   * Appends at `offsetBytes`. With `checksum` (of these bytes) all or nothing counts; without, what came counts.
   * Completes the upload, and waits for its recording, when the length is reached.
   * Rejects with `upload-unknown`, `upload-offset-conflict`, `upload-busy`, `upload-length-invalid`,
   * `upload-length-exceeded`, `checksum-mismatch`, `upload-cut`, `disk-full`, or a code of ingest (`not-audio-…`).
   */
  append(id: RecordingId, chunk: UploadChunk): Promise<UploadState>;
  /** Rejects with `upload-unknown`, or `upload-recovering` right after a start. */
  head(id: RecordingId): Promise<UploadState>;
  /**
   * The name given to `create`; null when there was none, or the upload is a recording. Same rejections as `head`.
   */
  creatorOf(id: RecordingId): Promise<string | null>;
  /** A person's word: the bytes are removed. Rejects with `upload-complete` once it is a recording. */
  terminate(id: RecordingId): Promise<void>;
}

/** Bytes on their way in, with what the client said about them. */
export interface UploadChunk {
  readonly offsetBytes: number;
  readonly body: Readable;
  readonly checksum: Sha256Hex | null;
  /** Length of `body` when the client said it. */
  readonly contentLengthBytes: number | null;
  /** Upload-Length, when this chunk declares it. */
  readonly lengthBytes: number | null;
}

/** Who may come in: the owner, named tokens, and the sessions of browsers. */
export interface Access {
  /** The owner's bearer token; made on first use, kept 0600 in the state folder. */
  ownerToken(): Promise<string>;
  /** Single use, 10 minutes. */
  issueLoginCode(): string;
  /** A new session's secret for a login code or a bearer token; undefined when neither is right. */
  logIn(
    proof: { code: string } | { token: string },
  ): Promise<{ sessionSecret: string; actor: Actor } | undefined>;
  logOut(sessionSecret: string): Promise<void>;
  findActorByToken(token: string): Promise<Actor | undefined>;
  findActorBySession(sessionSecret: string): Promise<Actor | undefined>;
  /** Resolves to the new token, shown once. Rejects with `token-exists` or `invalid-input`. */
  addToken(name: string, role: Role): Promise<string>;
  listTokens(): Promise<readonly NamedToken[]>;
  /** Rejects with `token-unknown`. */
  revokeToken(name: string): Promise<void>;
}

/** How much room a store has. Sizes in bytes. */
export interface StoreRoom {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that can still be made; null where the file system does not count them. */
  readonly freeInodes: number | null;
  /** Declared by uploads and imports under way, and not written yet. */
  readonly reservedBytes: number;
  /** Minutes of recording that still fit beside that, by preset. */
  readonly minutesLeft: Readonly<Record<string, number>>;
  /** What is still begun. With less and less room derived files are given up first, then imports, then new takes. */
  readonly acceptance: Acceptance;
}

/** How much is kept, how much still fits and for how long. Sizes in bytes. */
export interface StorageReport extends StoreRoom {
  readonly dataDir: string;
  readonly recordingCount: number;
  readonly recordingBytes: number;
  /**
   * `originals`, `edited` and `trash` as the catalogue says; `derived`, `spool` (unfinished uploads and takes),
   * `quarantine`, `backup`, `database` and `reserve` as they lay on the disk at `measuredAt`.
   */
  readonly byKind: Readonly<Record<string, FileCount>>;
  /** Null while the disk is counted for the first time. */
  readonly measuredAt: string | null;
  /** What came in, by month of receipt, oldest first. */
  readonly growth: readonly (FileCount & { readonly month: string })[];
  /** Null when there is less than a week to judge by. */
  readonly forecast: Forecast | null;
  /** What could go; only in a thorough report. */
  readonly recommendations?: readonly Recommendation[];
}
