import type { FromWorker, WorkerAnswers, WorkerEvent, WorkerRequest } from './worker-messages.ts';

/** The page's end of the take worker. */
export interface WorkerClient {
  /** Resolves to the worker's answer; rejects with its sentence. */
  ask<Request extends WorkerRequest>(
    request: Request,
    transfer?: Transferable[],
  ): Promise<WorkerAnswers[Request['type']]>;
}

export interface WorkerListener {
  onEvent(event: WorkerEvent): void;
  /** The worker is gone, or could not be loaded. */
  onCrash(): void;
}

export function startTakeWorker(listener: WorkerListener): WorkerClient {
  const worker = new Worker(new URL('./take-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let lastId = 0;

  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if ('event' in data) {
      listener.onEvent(data.event);
      return;
    }
    const asker = waiting.get(data.requestId);
    waiting.delete(data.requestId);
    if ('failure' in data) asker?.reject(new Error(data.failure));
    else asker?.resolve(data.answer);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values())
      reject(new Error(event.message || 'The take worker did not start.'));
    waiting.clear();
    listener.onCrash();
  };

  return {
    ask(request, transfer = []) {
      const requestId = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(requestId, { resolve: resolve as (answer: unknown) => void, reject });
        worker.postMessage({ requestId, request }, transfer);
      });
    },
  };
}
