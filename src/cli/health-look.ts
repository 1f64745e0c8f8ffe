import { failureCodeOf } from '../model/failure.ts';
import type { HealthCheckResult, HealthReport } from '../model/health.ts';
import type { Cli } from './cli.ts';
import { withLibrary } from './library-door.ts';

/** A store that cannot be opened is a finding, not a failure to find one. */
export async function lookAtHealth(cli: Cli): Promise<HealthReport> {
  try {
    return await withLibrary(cli, (door) => door.store.healthReport());
  } catch (error) {
    const code = failureCodeOf(error);
    if (code === undefined || code === 'interrupted') throw error;
    return closedStore(error instanceof Error ? error.message : String(error));
  }
}

function closedStore(message: string): HealthReport {
  const now = new Date().toISOString();
  const check: HealthCheckResult = {
    name: 'store',
    status: 'fail',
    severity: 'critical',
    value: null,
    threshold: null,
    unit: null,
    message,
    remedy: null,
    durationMs: 0,
    checkedAt: now,
    since: now,
  };
  return { status: 'failing', checkedAt: now, checks: [check] };
}
