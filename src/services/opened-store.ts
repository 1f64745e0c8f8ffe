import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import type { DatabaseHealthMonitor } from './database-health-monitor.ts';

/** The recorder that a monitor watches; opened with the first use where it watches a configuration alone. */
export class OpenedStore {
  readonly #monitor: DatabaseHealthMonitor;
  #opening: Promise<VoiceRecorder> | undefined;

  constructor(monitor: DatabaseHealthMonitor) {
    this.#monitor = monitor;
  }

  recorder(): Promise<VoiceRecorder> {
    const { recorder, config } = this.#monitor;
    if (recorder) return Promise.resolve(recorder);
    const options = config && {
      environment: config.environment,
      dataDir: config.dataDir,
      overrides: { stateDir: config.stateDir },
    };
    this.#opening ??= openVoiceRecorder(options).catch((error: unknown) => {
      // A store that somebody else had open can be tried again.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Closes what was opened here, and nothing else. */
  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }
}
