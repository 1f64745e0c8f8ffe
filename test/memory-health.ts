import { AlertService } from '../src/alerts/alert-service.ts';
import type { Health } from '../src/health/health.ts';
import { HealthMonitor } from '../src/health/health-monitor.ts';
import { HealthPast } from '../src/health/health-past.ts';
import type { Alert } from '../src/model/alert.ts';
import { systemClock } from '../src/model/clock.ts';
import type { HealthSample } from '../src/model/health.ts';

/** Alerts of that monitor, told to nobody. */
export function memoryAlerts(health: Health, onChange: (alert: Alert) => void): AlertService {
  const service = new AlertService({
    clock: systemClock,
    book: {
      ...{ enter: async () => undefined, list: async () => [], prune: async () => undefined },
      ...{ silence: async () => undefined, unsilence: async () => undefined, silences: async () => [] },
    },
    rules: [{ check: '*', afterSeconds: 0, clearAfterSeconds: 0 }],
    targets: [],
    onChange,
    onFault: (error) => {
      throw error;
    },
  });
  health.subscribe((result) => service.hear(result));
  return service;
}

/** A monitor whose past is kept in memory, with one check that says what it is told. */
export function memoryHealth(isHealthy: () => boolean): Health {
  const kept: (HealthSample & { readonly name: string })[] = [];
  const onFault = (error: unknown) => {
    throw error;
  };
  const past = new HealthPast({
    clock: systemClock,
    append: async (samples) => void kept.push(...samples),
    read: async (name, since) => kept.filter((sample) => sample.name === name && sample.at >= since),
    prune: async () => false,
    onFault,
  });
  const monitor = new HealthMonitor({ clock: systemClock, past, roundMs: 30_000, onFault });
  monitor.watch({
    name: 'memory-store',
    severity: 'critical',
    unit: null,
    run: () =>
      isHealthy()
        ? { status: 'pass', message: 'The recorder in memory is well.' }
        : { status: 'fail', message: 'The recorder in memory is ill.', remedy: 'Set isHealthy.' },
  });
  return monitor;
}
