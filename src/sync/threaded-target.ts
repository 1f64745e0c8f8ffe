import { siblingModule } from '../model/sibling-module.ts';
import { WorkerPool } from '../threads/worker-pool.ts';
import type { CopyTarget, OnBytes } from './copy-target.ts';
import type { TargetPlace } from './target-place.ts';
import type { TargetRequest } from './target-requests.ts';

/** A target whose work is done in a thread of its own, which is there while there is work. */
export function openThreadedTarget(place: TargetPlace): CopyTarget {
  const pool = new WorkerPool<TargetRequest>(siblingModule(import.meta.url, 'target-worker'), {
    name: 'copies',
    size: 1,
    sharedAtOnce: Number.POSITIVE_INFINITY,
    workerData: place,
  });
  function ask<Answer>(request: TargetRequest, onBytes?: OnBytes): Promise<Answer> {
    const onProgress = (value: unknown) => onBytes?.(Number(value));
    return pool.run<Answer>(request, { isShared: true, onProgress });
  }
  return {
    stat: (key) => ask({ kind: 'stat', key }),
    begin: (shipment) => ask({ kind: 'begin', shipment }),
    send: (shipment, session, onBytes) => ask({ kind: 'send', shipment, session }, onBytes),
    abandon: (key, session) => ask({ kind: 'abandon', key, session }),
    digest: (key, onBytes) => ask({ kind: 'digest', key }, onBytes),
    fetch: (key, path, onBytes) => ask({ kind: 'fetch', key, path }, onBytes),
    putDocument: (key, content) => ask({ kind: 'put document', key, content }),
    readDocument: (key) => ask({ kind: 'read document', key }),
    remove: (key) => ask({ kind: 'remove', key }),
    list: (prefix, after) => ask({ kind: 'list', prefix, after }),
    async close() {
      // What the thread holds open elsewhere is given back; what it was sending goes on with the next try.
      if (pool.isRunning) await ask({ kind: 'close' }).catch(() => undefined);
      await pool.close();
    },
  };
}
