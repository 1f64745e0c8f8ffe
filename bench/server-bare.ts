// The least a server can do and still be honest: append to a file kept open, sync it, answer. No resume, no checksum,
// no journal. node server-bare.ts FOLDER, with an IPC channel.
import { closeSync, fdatasync, fsync, openSync, write } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listenForBench } from './bench-servers.ts';

const writeAt = promisify(write);
const dataSync = promisify(fdatasync);
const fullSync = promisify(fsync);
const folder = process.argv[2] ?? '';
const files = new Map<string, { readonly fd: number; sizeBytes: number }>();
let lastId = 0;

function openOne(path: string): { readonly fd: number; sizeBytes: number } {
  const file = { fd: openSync(join(folder, path.replaceAll('/', '_')), 'w'), sizeBytes: 0 };
  files.set(path, file);
  return file;
}

async function append(request: IncomingMessage, path: string): Promise<number> {
  const file = files.get(path) ?? openOne(path);
  const isOne = request.method === 'PUT';
  let pieces: Buffer[] = [];
  let gathered = 0;
  const flush = async () => {
    const bytes = Buffer.concat(pieces);
    pieces = [];
    gathered = 0;
    await writeAt(file.fd, bytes, 0, bytes.length, file.sizeBytes);
    file.sizeBytes += bytes.length;
  };
  for await (const piece of request as AsyncIterable<Buffer>) {
    pieces.push(piece);
    gathered += piece.length;
    if (gathered >= 1024 * 1024) await flush();
  }
  await flush();
  await (isOne ? fullSync(file.fd) : dataSync(file.fd));
  return file.sizeBytes;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/';
  if (request.method === 'POST') {
    const id = `/api/uploads/${++lastId}`;
    openOne(id);
    response.writeHead(201, { location: id }).end();
  } else if (request.method === 'HEAD') {
    response.writeHead(200, { 'upload-offset': String(files.get(path)?.sizeBytes ?? 0) }).end();
  } else {
    response.writeHead(204, { 'upload-offset': String(await append(request, path)) }).end();
  }
}

const server = createServer((request, response) => void answer(request, response));
listenForBench(server, () => {
  for (const { fd } of files.values()) closeSync(fd);
});
