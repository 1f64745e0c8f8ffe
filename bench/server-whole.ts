// Our server as a benchmark starts it: node server-whole.ts FOLDER, with an IPC channel.
import { join } from 'node:path';
import { openVoiceRecorder } from '../src/open.ts';
import { startServer } from '../src/serve/start-server.ts';
import { serveBench } from './bench-servers.ts';

const recorder = await openVoiceRecorder({
  environment: 'production',
  dataDir: join(process.argv[2] ?? '', 'store'),
});
const server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0' });
serveBench(server.port, await recorder.access.ownerToken(), async () => {
  await server.close();
  await recorder.close();
});
