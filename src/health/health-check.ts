import type { CheckStatus, CheckUnit, HealthSample, Severity } from '../model/health.ts';

/** What a check says; {@link HealthMonitor} adds the rest. */
export interface Finding {
  readonly status: CheckStatus;
  readonly value?: number | null;
  readonly threshold?: number | null;
  readonly message: string;
  readonly remedy?: string | null;
}

/** What a check may know besides what it measures. */
export interface CheckContext {
  /** Ends when the time is up; what goes on after that is not waited for. */
  readonly signal: AbortSignal;
  /** What was kept of this check, oldest first; empty while the database gives nothing. */
  readonly past: readonly HealthSample[];
}

/** One small question about the health of a store. */
export interface HealthCheck {
  readonly name: string;
  readonly severity: Severity;
  readonly unit: CheckUnit;
  /** How often it is asked; in every round of the monitor when not given. */
  readonly everyMs?: number;
  /** 5 seconds when not given. */
  readonly timeoutMs?: number;
  /** Takes minutes: it is asked in its turn, never because somebody wants to know at once. */
  readonly isLong?: boolean;
  /** May throw: the report then says so. */
  run(context: CheckContext): Finding | Promise<Finding>;
}

/** The status of a value that is bad from `warnAt` on, and worse from `failAt` on. */
export function statusOf(value: number, warnAt: number, failAt: number): 'pass' | 'warn' | 'fail' {
  if (value >= failAt) return 'fail';
  return value >= warnAt ? 'warn' : 'pass';
}
