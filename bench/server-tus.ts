// The tus server most people take, with its own store on disk: node server-tus.ts FOLDER, with an IPC channel.
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { serveBench } from './bench-servers.ts';

const directory = join(process.argv[2] ?? '', 'files');
await mkdir(directory);
const tus = new Server({ path: '/api/uploads', datastore: new FileStore({ directory }) });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  serveBench(port, 'none', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
