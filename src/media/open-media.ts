import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import { asWriteFailure } from '../durable/write-failure.ts';
import { ChildLine, type ChildLineLimits, type MediaEvent } from './child-line.ts';
import type { Media, MediaOptions } from './media.ts';
import type { MediaAnswers, MediaRequest } from './media-messages.ts';

export interface MediaSettings {
  /** How long and how much one probe may take. */
  readonly probeLimits?: Partial<ChildLineLimits>;
  /** The same for peaks and renditions. */
  readonly jobLimits?: Partial<ChildLineLimits>;
  /** Hears of each start and end of a child, for the log. */
  readonly onEvent?: (event: MediaEvent) => void;
}

const MEBIBYTE = 1024 * 1024;

const PROBE_LIMITS: ChildLineLimits = {
  // Only the packets of very long files take more than a moment; each scan of 1,024 packets is a sign of life.
  callMs: 10 * 60_000,
  silenceMs: 15_000,
  memoryBytes: 640 * MEBIBYTE,
  idleMs: 3 * 60_000,
  aheadCount: 3,
};
const JOB_LIMITS: ChildLineLimits = {
  callMs: 6 * 60 * 60_000,
  silenceMs: 60_000,
  memoryBytes: 768 * MEBIBYTE,
  idleMs: 60_000,
  aheadCount: 0,
};

/**
 * Media with three lines of child processes, so that a probe never waits for a rendition, nor that for a measurement. Nothing starts before the
 * first call, and idle children are ended again.
 */
export function openMedia(settings: MediaSettings = {}): Media {
  const onEvent = settings.onEvent ?? (() => undefined);
  const probes = new ChildLine('probe', { ...PROBE_LIMITS, ...settings.probeLimits }, onEvent);
  const jobs = new ChildLine('job', { ...JOB_LIMITS, ...settings.jobLimits }, onEvent);
  const measurements = new ChildLine('measurement', { ...JOB_LIMITS, ...settings.jobLimits }, onEvent);
  let temporaryCount = 0;

  /** Lets the child write a temporary beside `outputPath` and renames it when all of it is on stable storage. */
  async function produce<Kind extends 'peaks' | 'render' | 'join' | 'repair'>(
    source: { readonly kind: Kind } & (
      | { readonly path: string; readonly likePath?: string }
      | { readonly paths: readonly string[] }
    ),
    outputPath: string,
    options: MediaOptions,
  ): Promise<MediaAnswers[Kind]> {
    temporaryCount += 1;
    const temporaryPath = `${outputPath}.${process.pid}-${temporaryCount}.part`;
    const request = { ...source, temporaryPath } as MediaRequest;
    try {
      await rm(temporaryPath, { force: true });
      const answer = await jobs.run(request, options.signal, options.onProgress);
      await rename(temporaryPath, outputPath);
      await syncFolder(dirname(outputPath));
      return answer as MediaAnswers[Kind];
    } catch (error) {
      await rm(temporaryPath, { force: true });
      throw asWriteFailure(error, outputPath);
    }
  }

  return {
    async probe(path, filename, signal) {
      return (await probes.run({ kind: 'probe', path, filename }, signal)) as MediaAnswers['probe'];
    },
    prepareProbe: () => probes.prepare(),
    async peaks(path, outputPath, options = {}) {
      return await produce({ kind: 'peaks', path }, outputPath, options);
    },
    async renderPlayable(path, outputPath, options = {}) {
      return await produce({ kind: 'render', path }, outputPath, options);
    },
    async findFaults(path, { signal, onProgress } = {}) {
      return (await jobs.run({ kind: 'faults', path }, signal, onProgress)) as MediaAnswers['faults'];
    },
    async repair(path, outputPath, options = {}) {
      const { likePath } = options;
      return await produce({ kind: 'repair', path, ...(likePath && { likePath }) }, outputPath, options);
    },
    async join(paths, outputPath, options = {}) {
      return await produce({ kind: 'join', paths }, outputPath, options);
    },
    async measure(path, options = {}) {
      const answer = await measurements.run({ kind: 'measure', path }, options.signal, options.onProgress);
      return answer as MediaAnswers['measure'];
    },
    async close() {
      await Promise.all([probes.close(), jobs.close(), measurements.close()]);
    },
  };
}
