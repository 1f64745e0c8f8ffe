// A server before a real store, for runs that kill it: as `vrp start` joins it, without the page. Says where it listens
// and the owner's token in one JSON line, and stops on SIGTERM.

import { openLog, stderrTarget } from '../src/log/open-log.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { startServer } from '../src/serve/start-server.ts';

export interface ServerChildLine {
  readonly baseUrl: string;
  readonly token: string;
}

const logger = openLog({ targets: [stderrTarget('info')] });
const recorder = await openVoiceRecorder({
  lockWaitMs: 5000,
  log: (level, message, details) => logger[level](details, message),
});
const server = await startServer({
  recorder,
  host: '127.0.0.1',
  port: Number(process.argv[2] ?? 0),
  webFolder: null,
  version: '0.0.0',
  logger,
});
const token = await recorder.access.ownerToken();
process.stdout.write(`${JSON.stringify({ baseUrl: server.baseUrl, token } satisfies ServerChildLine)}\n`);
process.once('SIGTERM', async () => {
  await server.close();
  await recorder.close();
  process.exit(0);
});
