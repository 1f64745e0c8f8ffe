import { openVoiceRecorder } from '../open.ts';
import { takesInProcess } from './capture/take-uploads.ts';
import { careInProcess } from './care-door.ts';
import type { Cli } from './cli.ts';
import { collectionsInProcess } from './collections-door.ts';
import { filesInProcess } from './files-door.ts';
import { jobsInProcess } from './jobs-door.ts';
import type { LibraryDoor } from './library-door.ts';
import { storeInProcess } from './store-door.ts';
import { printable } from './terminal-text.ts';

/** Who changes something, as histories tell it. */
const ACTOR = 'cli';

/** Few of them read and write at a time; the others wait for a sync or a commit, which they share. */
export const IMPORTS_AT_ONCE = 32;

/** Opens the store in this process. Rejects with `store-locked` while another one has it. */
export async function openLocalDoor(cli: Cli): Promise<LibraryDoor> {
  const { environment, dataDir } = cli.store;
  const recorder = await openVoiceRecorder({
    ...(environment === undefined ? {} : { environment }),
    ...(dataDir === undefined ? {} : { dataDir }),
    // Peaks and renditions are made by the next server; a short command only notes that they are owed.
    runsJobs: false,
    log: (level, message) => {
      if (level === 'warn' || level === 'error') cli.output.note(`Warning: ${printable(message)}`);
    },
  });
  const { library } = recorder;
  return {
    dataDir: recorder.dataDir,
    storeId: recorder.storeId,
    importsAtOnce: IMPORTS_AT_ONCE,
    list: (query) => library.list(query),
    find: (id) => library.find(id),
    segmentsOf: async (takeId) => (await recorder.takes.find(takeId))?.segments ?? [],
    history: (id, query) => library.history(id, query),
    amend: (id, amendment, expectedVersion) => library.amend(id, amendment, expectedVersion, ACTOR),
    undo: (id, version) => library.undo(id, version, undefined, ACTOR),
    trash: (id) => library.trash(id, undefined, ACTOR),
    restore: (id) => library.restore(id, ACTOR),
    importFile: (path, options) => library.importFile(path, options),
    takes: takesInProcess(recorder.uploads),
    files: filesInProcess(recorder),
    collections: collectionsInProcess(library, ACTOR),
    care: careInProcess(recorder.verification),
    tokens: recorder.access,
    store: storeInProcess(recorder),
    jobs: jobsInProcess(recorder.jobs),
    copies: recorder.copies,
    close: () => recorder.close(),
  };
}
