import type { Registry } from 'prom-client';
import { CHECK_STATUSES, type CheckUnit, type HealthCheckResult } from '../model/health.ts';
import type { Collectors } from './collectors.ts';
import { addGauge, type Sample } from './sampled.ts';

/** One of a check's unit in the base unit that metrics are in. */
const IN_BASE_UNIT: Readonly<Record<NonNullable<CheckUnit>, number>> = {
  bytes: 1,
  seconds: 1,
  milliseconds: 1 / 1000,
  days: 24 * 60 * 60,
  percent: 1 / 100,
  count: 1,
};

/** What the health checks last said. */
export function addHealthMetrics(registry: Registry, { health }: Collectors): void {
  const gauge = (name: string, help: string, read: (check: HealthCheckResult) => number | null) =>
    addGauge(registry, {
      name,
      help,
      labels: ['check'],
      read: () => (health.value?.checks ?? []).flatMap((check) => sampleOf(check.name, read(check))),
    });
  gauge('vrp_health_check_status', '0: pass, 1: warn, 2: fail, 3: unknown.', ({ status }) =>
    CHECK_STATUSES.indexOf(status),
  );
  gauge(
    'vrp_health_check_value',
    'What the check measured, in seconds, bytes, shares or plain numbers; its message in /api/health says which.',
    inBaseUnit,
  );
}

function inBaseUnit({ value, unit }: HealthCheckResult): number | null {
  if (value === null) return null;
  return unit === null ? value : value * IN_BASE_UNIT[unit];
}

function sampleOf(check: string, value: number | null): readonly Sample[] {
  return value === null ? [] : [{ labels: { check }, value }];
}
