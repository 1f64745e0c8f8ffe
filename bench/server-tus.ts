// The tus server most people take, with its own store on disk: node server-tus.ts FOLDER, with an IPC channel.
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { listenForBench } from './bench-servers.ts';

const directory = join(process.argv[2] ?? '', 'files');
await mkdir(directory);
const tus = new Server({ path: '/api/uploads', datastore: new FileStore({ directory }) });
listenForBench(createServer((request, response) => void tus.handle(request, response)));
