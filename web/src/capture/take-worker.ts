// The dedicated worker in which takes live: it encodes, writes to the browser's private files, and sends. Samples
// reach it from the audio thread directly; the page only commands and watches.
import { createConnection } from '../transfer/connection.ts';
import { TakeHouse } from './take/take-house.ts';
import type { FromWorker, ToWorker, WorkerRequest } from './worker-messages.ts';

const opened = Promise.withResolvers<TakeHouse>();

function post(message: FromWorker): void {
  self.postMessage(message);
}

async function open(request: Extract<WorkerRequest, { type: 'open' }>): Promise<unknown> {
  const connection = createConnection({
    isOffline: () => !navigator.onLine,
    onChange: (state) => post({ event: { type: 'connection', state } }),
  });
  self.addEventListener('online', () => connection.wake());
  const house = new TakeHouse({
    // Called as a plain function: the global one must not get another `this`.
    fetch: (input, init) => fetch(input, init),
    uploadsUrl: request.uploadsUrl,
    recordingsUrl: request.recordingsUrl,
    connection,
    random: Math.random,
    nowMs: Date.now,
    emit: (event) => post({ event }),
  });
  opened.resolve(house);
  return house.open();
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  const { requestId, request } = data;
  try {
    const answer =
      request.type === 'open' ? await open(request) : await (await opened.promise).perform(request);
    post({ requestId, answer });
  } catch (error) {
    post({ requestId, failure: error instanceof Error ? error.message : String(error) });
  }
};
