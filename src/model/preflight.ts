import type { FailureCode } from './failure.ts';

/** What is about to be done. */
export const PREFLIGHT_PURPOSES = ['record', 'upload', 'import', 'backup'] as const;
/** One of {@link PREFLIGHT_PURPOSES}. */
export type PreflightPurpose = (typeof PREFLIGHT_PURPOSES)[number];

/** What is to be done, and how much of it. */
export interface PreflightWish {
  /** A recording when not given. */
  readonly purpose?: PreflightPurpose | undefined;
  /** Id of a preset; the default one when not given. */
  readonly preset?: string | undefined;
  /** How long it is to be, in minutes of the preset; either this or `bytes`. */
  readonly minutes?: number | undefined;
  readonly bytes?: number | undefined;
}

/** Something that speaks against it. */
export interface PreflightReason {
  /** A failure code that would be answered, or `no-second-copy`, `room-short`. */
  readonly code: FailureCode | 'no-second-copy' | 'room-short';
  readonly severity: 'warn' | 'fail';
  readonly message: string;
  readonly remedy: string | null;
}

/** Whether something can be done, before it is begun. */
export interface Preflight {
  readonly answer: 'yes' | 'yes-with-warning' | 'no';
  /** Minutes of the preset that still fit beside what is promised to others. */
  readonly minutesFit: number;
  readonly freeBytes: number;
  /** Null when nothing was said about how much it is to be. */
  readonly neededBytes: number | null;
  /** The worst first. */
  readonly reasons: readonly PreflightReason[];
}
