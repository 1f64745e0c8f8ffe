import type { Registry } from 'prom-client';
import type { HealthReport } from '../model/health.ts';
import type { JobLoad } from '../model/job.ts';
import type { VerificationReport } from '../model/verification.ts';
import type { StorageReport, StoreRoom, VoiceRecorder } from '../voice-recorder.ts';
import { Collector } from './collector.ts';
import { addCounter, addGauge } from './sampled.ts';

/** A scrape is answered after this, with what is known by then; together with the look at its token in two seconds. */
const DEADLINE_MS = 1_400;

interface VerificationReading {
  readonly report: VerificationReport;
  /** Since when the recording waits that waits longest for a check; null where there is no recording. */
  readonly waitsSince: string | null;
}

/** The readings that cost something. */
export class Collectors {
  readonly room: Collector<StoreRoom>;
  readonly storage: Collector<StorageReport>;
  readonly verification: Collector<VerificationReading>;
  readonly jobs: Collector<readonly JobLoad[]>;
  readonly health: Collector<HealthReport>;
  #queries: Promise<void> | undefined;

  constructor(recorder: VoiceRecorder) {
    const nowMs = () => performance.now();
    this.room = new Collector({ name: 'room', nowMs, read: () => recorder.room() });
    this.storage = new Collector({ name: 'storage', nowMs, read: () => recorder.storageReport() });
    this.verification = new Collector({
      name: 'verification',
      nowMs,
      read: () => readVerification(recorder),
    });
    this.health = new Collector({ name: 'health', nowMs, read: () => recorder.health.report() });
    this.jobs = new Collector({ name: 'jobs', nowMs, read: () => recorder.jobs.load() });
  }

  get all(): readonly Collector<unknown>[] {
    return [this.room, this.health, this.jobs, this.verification, this.storage];
  }

  /** Resolves by the deadline; what takes longer goes on, and is told the next time. */
  async refresh(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), DEADLINE_MS);
    });
    // The disk tells how much room there is, and the health checks what they last saw, also when the database is gone.
    const all = Promise.all([this.room.refresh(), this.health.refresh(), this.#query()]);
    if ((await Promise.race([all, late])) === 'late') for (const collector of this.all) collector.noteLate();
    clearTimeout(timer);
  }

  /** One after the other: a scrape is nothing that people should wait behind. */
  #query(): Promise<void> {
    this.#queries ??= (async () => {
      for (const collector of [this.jobs, this.verification, this.storage]) await collector.refresh();
      this.#queries = undefined;
    })();
    return this.#queries;
  }
}

async function readVerification({ verification, library }: VoiceRecorder): Promise<VerificationReading> {
  const report = await verification.report();
  const { oldest } = report;
  if (oldest === null) return { report, waitsSince: null };
  // One that was never read again waits since it came.
  const waitsSince = oldest.lastVerifiedAt ?? (await library.find(oldest.id))?.createdAt ?? null;
  return { report, waitsSince };
}

/** How the readings themselves went. */
export function addCollectorMetrics(registry: Registry, collectors: Collectors): void {
  addGauge(registry, {
    name: 'vrp_collector_success',
    help: 'Whether the figures of this collector are known (1) or missing from this scrape (0).',
    labels: ['collector'],
    read: () =>
      collectors.all.map(({ name, value }) => ({
        labels: { collector: name },
        value: value === undefined ? 0 : 1,
      })),
  });
  addGauge(registry, {
    name: 'vrp_collector_duration_seconds',
    help: 'How long the last reading of this collector took.',
    labels: ['collector'],
    read: () =>
      collectors.all.flatMap(({ name, lastSeconds }) =>
        lastSeconds === undefined ? [] : [{ labels: { collector: name }, value: lastSeconds }],
      ),
  });
  addCounter(registry, {
    name: 'vrp_scrape_errors_total',
    help: 'Readings for a scrape that failed or took longer than a scrape waits.',
    labels: ['collector'],
    read: () =>
      collectors.all.map(({ name, errorCount }) => ({ labels: { collector: name }, value: errorCount })),
  });
}
