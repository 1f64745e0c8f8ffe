import { Worker, type WorkerOptions } from 'node:worker_threads';

/** A thread that runs `module`. Flags of the host program (`--eval`, loaders, test runners) are not meant for it. */
export function startThread(module: URL, options: Pick<WorkerOptions, 'name' | 'workerData'> = {}): Worker {
  return new Worker(module, { ...options, execArgv: [] });
}
