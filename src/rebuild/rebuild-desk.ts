import type { AudioFacts } from '../model/audio-facts.ts';
import type { Clock } from '../model/clock.ts';
import type { Sha256Hex } from '../model/digest.ts';
import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { Recording, RecordingStatus } from '../model/recording.ts';
import type { KnownTombstone } from '../model/tombstone.ts';
import type { SpooledFile } from '../model/upload.ts';

/** The catalogue that is being made; each promise resolves after its commit. */
export interface KnownLedger {
  put(
    known: readonly {
      readonly recording: Recording;
      readonly history?: readonly HistoryEntry[];
      readonly statusBeforeTrash?: RecordingStatus;
      readonly isSidecarOwed?: boolean;
    }[],
  ): Promise<readonly ('added' | 'updated' | 'same' | 'kept' | 'taken')[]>;
  findPaths(paths: readonly string[]): Promise<ReadonlySet<string>>;
  findIds(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Where the originals with this checksum lie. */
  findByChecksum(checksum: Sha256Hex): Promise<readonly string[]>;
  /** Once everything is entered, in whatever order. */
  settleTags(): Promise<void>;
  bury(tombstones: readonly KnownTombstone[]): Promise<void>;
}

/** Everything a rebuild needs from the outside world. */
export interface RebuildDesk {
  readonly dataDir: string;
  readonly known: KnownLedger;
  readonly clock: Clock;
  probe(path: string, filename: string, signal?: AbortSignal): Promise<AudioFacts>;
  hashFile(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ readonly checksum: Sha256Hex; readonly sizeBytes: number }>;
  /** What ingest would make of these bytes. */
  describe(spooled: SpooledFile, facts: AudioFacts): Recording;
  /** Gives the file under `sourcePath` the name `key` in one step, never over something. */
  place(
    key: string,
    sourcePath: string,
    expected: { readonly checksum: Sha256Hex; readonly sizeBytes: number },
  ): Promise<void>;
  quarantine(key: string, reason: string): Promise<string>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly filesDone: number; readonly fileCount: number }) => void;
}

/** What could not be recovered, or not as it was. */
export interface RebuildFault {
  /** Path relative to the data folder. */
  readonly file: string;
  readonly code: FailureCode;
  readonly message: string;
}

/** Throws `interrupted` once the rebuild is to stop. */
export function requireGoingOn({ signal }: RebuildDesk): void {
  if (!signal?.aborted) return;
  throw new VoiceRecorderError(
    'interrupted',
    'The rebuild was stopped; "vrp rebuild" goes on from where it was.',
  );
}
