import { Worker, type WorkerOptions } from 'node:worker_threads';

// A thread that passes messages on lets V8 fill 32 MB with what nobody needs any more before it looks. So does a
// small space, at the same speed.
const YOUNG_MB = 4;
// Never reached. Where there is any limit V8 prepares a smaller heap: 2 MB less for each thread.
const OLD_MB = 1024;

/** A thread that runs `module`. Flags of the host program (`--eval`, loaders, test runners) are not meant for it. */
export function startThread(module: URL, options: Pick<WorkerOptions, 'name' | 'workerData'> = {}): Worker {
  return new Worker(module, {
    ...options,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
  });
}
