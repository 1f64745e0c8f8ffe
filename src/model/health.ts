export const CHECK_STATUSES = ['pass', 'warn', 'fail', 'unknown'] as const;
/** `unknown`: the check itself gave no sound answer in its time. */
export type CheckStatus = (typeof CHECK_STATUSES)[number];

export const SEVERITIES = ['critical', 'major', 'minor'] as const;
/**
 * What it means when a check fails. `critical`: recordings are refused or in danger. `major`: something that guards
 * them is gone. `minor`: work waits or room runs short.
 */
export type Severity = (typeof SEVERITIES)[number];

export const HEALTH_STATUSES = ['healthy', 'degraded', 'failing'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** Unit of a check's value and threshold; null where the value is a plain number or there is none. */
export type CheckUnit = 'bytes' | 'seconds' | 'milliseconds' | 'days' | 'percent' | 'count' | null;

/** What one check found the last time. */
export interface HealthCheckResult {
  /** Lower case with hyphens: `disk-space`. */
  readonly name: string;
  readonly status: CheckStatus;
  readonly severity: Severity;
  /** In `unit`; null where nothing could be measured. */
  readonly value: number | null;
  /** From where on the check warns; null where it is no matter of more or less. */
  readonly threshold: number | null;
  readonly unit: CheckUnit;
  /** A whole sentence. */
  readonly message: string;
  /** What to do, in a sentence; null when nothing is to be done. */
  readonly remedy: string | null;
  readonly durationMs: number;
  /** ISO 8601 UTC. */
  readonly checkedAt: string;
  /** Since when it has this status, ISO 8601 UTC. */
  readonly since: string;
}

/** How everything is that was looked at. */
export interface HealthReport {
  readonly status: HealthStatus;
  /** ISO 8601 UTC, of the newest result. */
  readonly checkedAt: string;
  readonly checks: readonly HealthCheckResult[];
}

/** A result of earlier, as it is kept. */
export interface HealthSample {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly status: CheckStatus;
  readonly value: number | null;
}

/** The past of one check. */
export interface HealthTrend {
  readonly name: string;
  /** Oldest first. */
  readonly samples: readonly HealthSample[];
  /** By how much the value changed a day (least squares); null with fewer than three values or less than an hour of them. */
  readonly perDay: number | null;
}

/** Failing: something critical fails or gives no answer. Degraded: anything else is not as it should be. */
export function healthOf(checks: readonly Pick<HealthCheckResult, 'status' | 'severity'>[]): HealthStatus {
  const isLost = checks.some(
    ({ status, severity }) => severity === 'critical' && (status === 'fail' || status === 'unknown'),
  );
  if (isLost) return 'failing';
  return checks.some(({ status }) => status !== 'pass') ? 'degraded' : 'healthy';
}
