import { StorageConfig } from '../config/storage-config.ts';
import { spaceOf } from '../join/space.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { HealthReport } from '../model/health.ts';
import type { Preflight, PreflightWish } from '../model/preflight.ts';
import { PRESETS } from '../model/preset.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';

/** Whether more can be recorded. Sizes in bytes. */
export interface DiskSpaceCheck {
  /** False when recordings have no room left; what must stay free counts as taken. */
  readonly isHealthy: boolean;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Minutes that still fit, by preset. */
  readonly minutesLeft: Readonly<Record<string, number>>;
}

/**
 * Watches the store of a configuration, or of a recorder that is open.
 *
 * @example
 * const { isHealthy, minutesLeft } = await new DatabaseHealthMonitor(recorder).checkDiskSpace();
 */
export class DatabaseHealthMonitor {
  /** The open recorder it watches; undefined when it was given a configuration. */
  readonly recorder: VoiceRecorder | undefined;
  /** Where the store lies, and its limits; undefined when it was given a recorder, which knows both. */
  readonly config: StorageConfig | undefined;

  constructor(store: StorageConfig | VoiceRecorder) {
    this.config = store instanceof StorageConfig ? store : undefined;
    this.recorder = store instanceof StorageConfig ? undefined : store;
  }

  /** Rejects with `storage-failed` when the disk cannot be asked. */
  async checkDiskSpace(): Promise<DiskSpaceCheck> {
    const { freeBytes, totalBytes, minutesLeft } = await this.#look();
    const isHealthy = Object.values(minutesLeft).some((minutes) => minutes > 0);
    return { isHealthy, freeBytes, totalBytes, minutesLeft };
  }

  /**
   * What every check finds now; of an open recorder only. Rejects with `invalid-input` when there is none.
   */
  async report(): Promise<HealthReport> {
    return await this.#open('there is no health to report').health.report({ isFresh: true });
  }

  /**
   * Whether something can be done before it is begun; of an open recorder only. Rejects with `invalid-input`.
   *
   * @example
   * const { answer, minutesFit, reasons } = await monitor.preflight({ preset: 'interview', minutes: 90 });
   */
  async preflight(wish: PreflightWish = {}): Promise<Preflight> {
    return await this.#open('nothing can be looked at before it is begun').preflight(wish);
  }

  #open(consequence: string): VoiceRecorder {
    if (this.recorder !== undefined) return this.recorder;
    throw new VoiceRecorderError(
      'invalid-input',
      `With a configuration alone ${consequence}: give DatabaseHealthMonitor an open recorder.`,
    );
  }

  async #look(): Promise<Omit<DiskSpaceCheck, 'isHealthy'>> {
    if (this.recorder) return await this.recorder.storageReport();
    const space = spaceOf(this.config ?? StorageConfig.fromEnvironment(), () => undefined);
    const [{ freeBytes, totalBytes }, minutesLeft] = await Promise.all([
      space.read(),
      space.minutesLeft(PRESETS),
    ]);
    return { freeBytes, totalBytes, minutesLeft };
  }
}
