import type { RecordingKind } from './recording.ts';
import type { VerificationResult } from './verification.ts';

/** What a store counted since it was opened. All numbers but those of `arriving` only grow. */
export interface RecorderFigures {
  /** ISO 8601 UTC. */
  readonly openedAt: string;
  /** Recordings that came in, by kind. */
  readonly added: Readonly<Record<RecordingKind, number>>;
  /** Bytes of uploads that are on stable storage, by what they are to become. */
  readonly acknowledgedBytes: Readonly<Record<'take' | 'file', number>>;
  /** Uploads of which a byte came within the last ten seconds. */
  readonly arriving: Readonly<Record<'take' | 'file', number>>;
  /** Originals that were read again, by what was found. */
  readonly checked: Readonly<Record<VerificationResult, number>>;
  readonly checkedBytes: number;
  /** Media processes by the work they were for. */
  readonly media: Readonly<Record<string, MediaFigures>>;
}

/** How media processes of one kind began and ended. */
export interface MediaFigures {
  readonly started: number;
  /** They ended by themselves in mid-work. */
  readonly crashed: number;
  /** Ended because they took too much memory. */
  readonly overMemory: number;
  /** Ended because no answer came in time. */
  readonly overTime: number;
}
