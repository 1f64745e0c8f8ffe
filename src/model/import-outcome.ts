import type { CheckResult } from './check-result.ts';
import type { Sha256Hex } from './digest.ts';
import type { FailureCode } from './failure.ts';
import type { RecordingId } from './id.ts';

/** What became of one file that was to be imported; one JSON line of `vrp import --json`. */
export interface ImportOutcome {
  readonly file: string;
  readonly status: 'stored' | 'duplicate' | 'rejected';
  readonly id?: RecordingId;
  readonly checksum?: Sha256Hex;
  /** Of a dry run: what each check said. */
  readonly checks?: readonly CheckResult[];
  readonly error?: { readonly code: FailureCode; readonly message: string };
}
