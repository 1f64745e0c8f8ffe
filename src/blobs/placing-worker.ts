// Places files as it is told, several side by side, so that they share the syncs of their folders.
import { workerData } from 'node:worker_threads';
import { answerRequests } from '../threads/worker-pool.ts';
import { blockingFiles } from './blocking-files.ts';
import { openFileHasher } from './file-checksum.ts';
import { type PlacedStore, type Placement, placeBeside } from './placer.ts';
import { StoreFolders } from './store-folders.ts';

const { root, givenRoot } = workerData as PlacedStore;
const disk = {
  folders: new StoreFolders(root, blockingFiles, givenRoot),
  // Asked only where bytes were placed before: it starts its thread then.
  hasher: openFileHasher({ workerCount: 1 }),
};

answerRequests((placement: Placement) => placeBeside(disk, placement));
