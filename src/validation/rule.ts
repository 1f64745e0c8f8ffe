import type { CheckPhase } from '../model/check-result.ts';
import type { FailureCode } from '../model/failure.ts';

/** One named check of what comes in. `docs/errors.md` lists them all. */
export interface Rule<Subject> {
  readonly name: string;
  readonly phase: CheckPhase;
  /** What it may reject with. */
  readonly codes: readonly FailureCode[];
  /** False: this subject has nothing that the rule could be held against. Asked always when missing. */
  isAsked?(subject: Subject): boolean;
  /** Throws, or rejects, when the subject breaks the rule. */
  check(subject: Subject): unknown;
}

/** The first rule that is broken is the answer. */
export async function requireAll<Subject>(rules: readonly Rule<Subject>[], subject: Subject): Promise<void> {
  for (const rule of rules) if (rule.isAsked?.(subject) ?? true) await rule.check(subject);
}
