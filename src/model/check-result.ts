import type { FailureCode } from './failure.ts';

/** `before` a byte is taken, `while` they come, `after` all of them are there. */
export type CheckPhase = 'before' | 'while' | 'after';

/** What one named check said about one file. */
export interface CheckResult {
  readonly name: string;
  readonly phase: CheckPhase;
  /** `not-asked`: nothing in this case to hold it against; `not-reached`: an earlier check failed. */
  readonly result: 'passed' | 'failed' | 'not-asked' | 'not-reached';
  readonly code?: FailureCode;
  readonly message?: string;
}
