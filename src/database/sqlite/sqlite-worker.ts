/** Entry of a database thread: does what the messages say, in their order, each on its connection. */
import { parentPort, workerData } from 'node:worker_threads';
import { SqliteDesk } from './sqlite-desk.ts';
import type { NumberedRequest, ThreadReply, ThreadSettings } from './sqlite-protocol.ts';

const { own, beside } = workerData as ThreadSettings;
const ownDesk = new SqliteDesk(own);
const besideDesk = beside && new SqliteDesk(beside);

parentPort?.on('message', (request: NumberedRequest) => {
  const desk = request.isBeside && besideDesk ? besideDesk : ownDesk;
  const answered = desk.answer(request);
  // Each message wakes the other thread.
  if (request.id !== undefined)
    parentPort?.postMessage({ id: request.id, ...answered } satisfies ThreadReply);
  if (request.kind === 'close' && desk === ownDesk) parentPort?.close();
});
