// Sends, reads and hashes for one target, away from the event loop of the server.
import { workerData } from 'node:worker_threads';
import { answerRequests } from '../threads/worker-pool.ts';
import type { CopyTarget, OnBytes } from './copy-target.ts';
import { openFolderTarget } from './folder-target.ts';
import { openS3Target } from './s3-target.ts';
import type { TargetPlace } from './target-place.ts';
import type { TargetRequest } from './target-requests.ts';

const PROGRESS_MS = 200;
const target = open(workerData as TargetPlace);

answerRequests((request: TargetRequest, onProgress) => perform(request, seldom(onProgress)));

function open(place: TargetPlace): CopyTarget {
  return place.kind === 's3' ? openS3Target(place) : openFolderTarget(place);
}

function perform(request: TargetRequest, onBytes: OnBytes): Promise<unknown> {
  switch (request.kind) {
    case 'stat':
      return target.stat(request.key);
    case 'begin':
      return target.begin(request.shipment);
    case 'send':
      return target.send(request.shipment, request.session, onBytes);
    case 'abandon':
      return target.abandon(request.key, request.session);
    case 'digest':
      return target.digest(request.key, onBytes);
    case 'fetch':
      return target.fetch(request.key, request.path, onBytes);
    case 'put document':
      return target.putDocument(request.key, request.content);
    case 'read document':
      return target.readDocument(request.key);
    case 'remove':
      return target.remove(request.key);
    case 'list':
      return target.list(request.prefix, request.after);
    case 'close':
      return target.close();
  }
}

/** A message to the other thread costs more than a piece that was read. */
function seldom(tell: (value: unknown) => void): OnBytes {
  let toldAt = 0;
  return (bytesDone) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    tell(bytesDone);
  };
}
