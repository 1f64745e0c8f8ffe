import type { AlertRule } from '../model/alert.ts';
import type { HealthCheckResult, Severity } from '../model/health.ts';

/** A rule with everything that was left out. */
export interface FullRule {
  readonly rule: AlertRule;
  readonly afterMs: number;
  readonly clearAfterMs: number;
}

const SECONDS: Readonly<Record<Severity, { readonly after: number; readonly clear: number }>> = {
  critical: { after: 0, clear: 30 },
  major: { after: 60, clear: 60 },
  minor: { after: 300, clear: 300 },
};

/** The rule for a check of this name and severity: its own, else the one for all, else the usual one. */
export function ruleFor(rules: readonly AlertRule[], check: string, severity: Severity): FullRule {
  const rule = rules.find((one) => one.check === check) ??
    rules.find((one) => one.check === '*') ?? { check };
  const usual = SECONDS[severity];
  return {
    rule,
    afterMs: (rule.afterSeconds ?? usual.after) * 1000,
    clearAfterMs: (rule.clearAfterSeconds ?? usual.clear) * 1000,
  };
}

/** A tenth of a limit lies between the beginning and the end of an alert, so that it does not come and go at it. */
const MARGIN = 0.1;

/**
 * What a result means: `bad`, `good`, or `between` where a limit was left but not yet by enough. A value that is not
 * there is judged by the status.
 */
export function judge(rule: AlertRule, { status, value }: HealthCheckResult): 'bad' | 'good' | 'between' {
  const { above, below, clear, at = 'warn' } = rule;
  if (value !== null && above !== undefined) {
    if (value >= above) return 'bad';
    return value < (clear ?? above - Math.abs(above) * MARGIN) ? 'good' : 'between';
  }
  if (value !== null && below !== undefined) {
    if (value <= below) return 'bad';
    return value > (clear ?? below + Math.abs(below) * MARGIN) ? 'good' : 'between';
  }
  if (status === 'pass') return 'good';
  return status === 'warn' && at === 'fail' ? 'good' : 'bad';
}
