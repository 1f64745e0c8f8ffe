import type { CheckPhase } from '../model/check-result.ts';
import type { FailureCode } from '../model/failure.ts';
import { FILE_RULES } from './file-rules.ts';
import { declaredLengthRule } from './size-rules.ts';
import { contentRule, readBackRule } from './stored-rules.ts';
import { checksumRule, lengthRule, stallRule, unchangedRule } from './transfer-rules.ts';

/** Every check of what comes in, in the order of its way. */
export const ALL_RULES: readonly {
  readonly name: string;
  readonly phase: CheckPhase;
  readonly codes: readonly FailureCode[];
}[] = [
  ...FILE_RULES,
  declaredLengthRule,
  lengthRule,
  unchangedRule,
  checksumRule,
  stallRule,
  contentRule,
  readBackRule,
];
