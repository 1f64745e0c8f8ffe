// The server whose power is cut: the whole house on the store in the folder named by its argument, behind HTTP, and
// imports of files as its parent orders them.
import { join } from 'node:path';
import type { ImportOutcome } from '../../src/model/import-outcome.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { startServer } from '../../src/serve/start-server.ts';

export type PowerCutOrder =
  | { readonly kind: 'import'; readonly path: string; readonly isMove: boolean }
  | { readonly kind: 'stop' };

export type PowerCutAnswer =
  | { readonly kind: 'ready'; readonly baseUrl: string; readonly token: string }
  | { readonly kind: 'imported'; readonly outcome: ImportOutcome };

function say(answer: PowerCutAnswer): void {
  process.send?.(answer);
}

const home = process.argv[2] ?? '';
const recorder = await openVoiceRecorder({
  environment: 'testing',
  dataDir: join(home, 'data'),
  overrides: { stateDir: join(home, 'state'), enableDiskSpaceCheck: false },
  log: (level, message, details) => {
    if (level === 'error') console.error(message, JSON.stringify(details));
  },
});
const server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0.0.0' });

process.on('message', (order: PowerCutOrder) => {
  if (order.kind === 'stop') {
    void stop();
    return;
  }
  recorder.library.importFile(order.path, { isMove: order.isMove }).then(
    (outcome) => say({ kind: 'imported', outcome }),
    // A bug or a dead database: the parent hears of it on stderr, and never of an outcome.
    (error: unknown) => console.error(error),
  );
});
say({ kind: 'ready', baseUrl: server.baseUrl, token: await recorder.access.ownerToken() });

async function stop(): Promise<void> {
  await server.close();
  await recorder.close();
  process.exit(0);
}
