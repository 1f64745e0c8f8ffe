import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Registry } from 'prom-client';
import type { OpenFiles } from './process-files.ts';
import type { ProcessWatch } from './process-watch.ts';
import { addCounter, addGauge, DurationHistogram, type Sample } from './sampled.ts';

/** The process, under the names that every client library gives its figures, and its event loop under ours. */
export function addProcessMetrics(
  registry: Registry,
  watch: ProcessWatch,
  openFiles: () => OpenFiles | undefined,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    addGauge(registry, { name, help, read: () => [{ value: read() }] });
  const counter = (name: string, help: string, read: () => number) =>
    addCounter(registry, { name, help, read: () => [{ value: read() }] });
  const cpu = () => process.cpuUsage();
  counter('process_cpu_user_seconds_total', 'CPU time spent in the program.', () => cpu().user / 1e6);
  counter('process_cpu_system_seconds_total', 'CPU time spent in the kernel.', () => cpu().system / 1e6);
  counter(
    'process_cpu_seconds_total',
    'CPU time spent in program and kernel.',
    () => (cpu().user + cpu().system) / 1e6,
  );
  gauge(
    'process_start_time_seconds',
    'When the process began, in seconds since 1970.',
    () => performance.timeOrigin / 1000,
  );
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  addGauge(registry, {
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    read: () => oneOf(openFiles()?.open),
  });
  addGauge(registry, {
    name: 'process_max_fds',
    help: 'How many file descriptors may be open.',
    read: () => oneOf(openFiles()?.limit),
  });
  gauge('nodejs_heap_size_total_bytes', 'Memory that V8 holds.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'Memory that V8 uses.', () => process.memoryUsage().heapUsed);
  gauge(
    'nodejs_external_memory_bytes',
    "Memory outside of V8's heap that its objects hold.",
    () => process.memoryUsage().external,
  );
  addGauge(registry, {
    name: 'nodejs_heap_space_size_used_bytes',
    help: 'Memory that V8 uses, by the space of its heap.',
    labels: ['space'],
    read: () =>
      getHeapSpaceStatistics().map(({ space_name, space_used_size }) => ({
        labels: { space: space_name.replace(/_space$/, '') },
        value: space_used_size,
      })),
  });
  new DurationHistogram(registry, {
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collections by kind, since the first scrape.',
    labels: ['kind'],
    read: () => watch.collections(),
  });
  new DurationHistogram(registry, {
    name: 'vrp_event_loop_delay_seconds',
    help: 'How long what comes at any moment waits until the event loop turns to it, since the first scrape.',
    read: () => watch.loopDelays(),
  });
  counter(
    'vrp_event_loop_active_seconds_total',
    'Time in which the event loop had something to do; its rate is the share of it.',
    () => performance.eventLoopUtilization().active / 1000,
  );
}

function oneOf(value: number | null | undefined): readonly Sample[] {
  return value === null || value === undefined ? [] : [{ value }];
}
