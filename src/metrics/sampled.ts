import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DurationCounts } from '../model/duration-counts.ts';

export type Labels = Readonly<Record<string, string>>;

/** One line of a metric. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** What a metric is called, and where its values are read at each scrape; without samples it has no line. */
export interface SampledMetric {
  readonly name: string;
  readonly help: string;
  /** Names of its labels; none when not given. */
  readonly labels?: readonly string[];
  read(): readonly Sample[];
}

/** A metric that goes up and down. */
export function addGauge(registry: Registry, metric: SampledMetric): void {
  new Gauge({ ...settingsOf(registry, metric), collect: refill(metric) });
}

/** A metric that only grows, and begins at zero with the process. */
export function addCounter(registry: Registry, metric: SampledMetric): void {
  new Counter({ ...settingsOf(registry, metric), collect: refill(metric) });
}

function settingsOf(registry: Registry, { name, help, labels = [] }: SampledMetric) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function refill({ labels = [], read }: SampledMetric) {
  return function collect(this: Gauge | Counter): void {
    this.reset();
    // Nothing known is no zero.
    if (labels.length === 0) this.remove();
    for (const sample of read()) this.inc({ ...sample.labels }, sample.value);
  };
}

/** Durations that are counted elsewhere, with their labels. */
export interface CountedDurations {
  readonly labels: Labels;
  readonly durations: DurationCounts;
}

interface Line {
  readonly labels: Record<string, string | number>;
  /** Written out once for all lines of a series. */
  readonly sharedLabels: Labels;
  readonly value: number;
  readonly metricName: string;
}

/** A histogram over durations that were counted without this library, so that counting one costs next to nothing. */
export class DurationHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => readonly CountedDurations[];

  constructor(
    registry: Registry,
    metric: Omit<SampledMetric, 'read'> & { read(): readonly CountedDurations[] },
  ) {
    super({ ...settingsOf(registry, { ...metric, read: () => [] }), buckets: [] });
    this.#name = metric.name;
    this.#help = metric.help;
    this.#read = metric.read;
  }

  override async get(): ReturnType<Histogram['get']> {
    const values = this.#read().flatMap((counted) => linesOf(this.#name, counted));
    const about = { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum' };
    // The declared type wants what the registry never looks at.
    return { ...about, values } as unknown as Awaited<ReturnType<Histogram['get']>>;
  }

  /** What the registry asks for, ahead of {@link get}. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }
}

function linesOf(name: string, { labels: sharedLabels, durations }: CountedDurations): Line[] {
  const { upToSeconds, counts, sumSeconds } = durations;
  let count = 0;
  const lines: Line[] = counts.map((inGroup, index) => {
    count += inGroup;
    const labels = { le: upToSeconds[index] ?? '+Inf' };
    return { labels, sharedLabels, value: count, metricName: `${name}_bucket` };
  });
  lines.push(
    { labels: {}, sharedLabels, value: sumSeconds, metricName: `${name}_sum` },
    { labels: {}, sharedLabels, value: count, metricName: `${name}_count` },
  );
  return lines;
}
