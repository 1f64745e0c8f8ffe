import type { HealthCheckResult, HealthReport, HealthTrend } from '../model/health.ts';
import type { HealthCheck } from './health-check.ts';

/** How a store is, and how it was. */
export interface Health {
  /**
   * What the checks last said. `isFresh`: all of them are asked now, each within its time. Checks that were never asked
   * are asked in any case; those that take minutes are left out until they were asked in their turn.
   */
  report(options?: { readonly isFresh?: boolean }): Promise<HealthReport>;
  /** The past of one check since `since` (ISO 8601 UTC). Rejects with `check-unknown`. */
  trend(name: string, since: string): Promise<HealthTrend>;
  /** Adds a check of whoever embeds the recorder, until the returned function is called. Throws `invalid-input`. */
  watch(check: HealthCheck): () => void;
  /** Calls `listener` with each new result until the returned function is called. */
  subscribe(listener: (result: HealthCheckResult) => void): () => void;
}
