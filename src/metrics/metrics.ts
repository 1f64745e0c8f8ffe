import { ffmpegVersion } from 'node-av/ffmpeg';
import { Registry } from 'prom-client';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { addCollectorMetrics, Collectors } from './collectors.ts';
import { addHealthMetrics } from './health-metrics.ts';
import { HttpMeter } from './http-meter.ts';
import { addHttpMetrics } from './http-metrics.ts';
import { PerformanceRecorder } from './performance-recorder.ts';
import { type OpenFiles, readOpenFiles } from './process-files.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { ProcessWatch } from './process-watch.ts';
import { addRecorderMetrics } from './recorder-metrics.ts';
import { addGauge } from './sampled.ts';
import { addSessionMetrics } from './session-metrics.ts';
import { addStoreMetrics } from './store-metrics.ts';

/** What one server counts, in the text format of Prometheus. Nothing in it names a recording, a file or a person. */
export class Metrics {
  readonly http = new HttpMeter();
  /** How the server was doing over the last day. */
  readonly performance: PerformanceRecorder;
  readonly #recorder: VoiceRecorder;
  readonly #version: string;
  readonly #collectors: Collectors;
  #openFiles: OpenFiles | undefined;
  #scraped: { readonly registry: Registry; readonly watch: ProcessWatch } | undefined;

  /** Until the first scrape only requests are counted, and a few figures noted now and then. */
  constructor(recorder: VoiceRecorder, version: string) {
    this.#recorder = recorder;
    this.#version = version;
    this.#collectors = new Collectors(recorder);
    this.performance = new PerformanceRecorder({ http: this.http, recorder });
  }

  /** Resolves within about two seconds, whatever the database or the disk does: what is not known is left out. */
  async scrape(): Promise<string> {
    this.#scraped ??= this.#begin();
    const { registry } = this.#scraped;
    const [openFiles] = await Promise.all([readOpenFiles(), this.#collectors.refresh()]);
    this.#openFiles = openFiles;
    return await registry.metrics();
  }

  get contentType(): string {
    return Registry.PROMETHEUS_CONTENT_TYPE;
  }

  close(): void {
    this.performance.close();
    this.#scraped?.watch.close();
  }

  #begin() {
    const registry = new Registry();
    const watch = new ProcessWatch();
    this.#addBuildInfo(registry);
    addHttpMetrics(registry, this.http);
    addSessionMetrics(registry, this.#recorder);
    addRecorderMetrics(registry, this.#recorder);
    addStoreMetrics(registry, this.#collectors);
    addHealthMetrics(registry, this.#collectors);
    addCollectorMetrics(registry, this.#collectors);
    addProcessMetrics(registry, watch, () => this.#openFiles);
    return { registry, watch };
  }

  #addBuildInfo(registry: Registry): void {
    const { node, sqlite = 'none' } = process.versions;
    const labels = { version: this.#version, node, sqlite, ffmpeg: ffmpegVersion() };
    addGauge(registry, {
      name: 'vrp_build_info',
      help: 'Always 1; its labels say what is running.',
      labels: Object.keys(labels),
      read: () => [{ labels, value: 1 }],
    });
  }
}
