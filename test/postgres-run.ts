import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedPostgres, startPostgres } from './postgres-server.ts';

/**
 * Runs once before all tests: the first test file that asks gets a PostgreSQL server, and all later ones the same.
 * It is told where to ask by `VRP_TEST_POSTGRES`, the path of a socket.
 */
export default async function offerPostgres(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-postgres-run-'));
  const path = join(folder, 'ask');
  let started: Promise<StartedPostgres> | undefined;
  const server = createServer((socket) => {
    started ??= startPostgres({ isDurable: false });
    started.then(
      ({ port }) => socket.end(JSON.stringify({ port })),
      (error: unknown) => socket.end(JSON.stringify({ reason: String(error) })),
    );
    socket.on('error', () => undefined);
  });
  await listen(server, path);
  process.env['VRP_TEST_POSTGRES'] = path;
  return async () => {
    server.close();
    await started?.then((postgres) => postgres.stop()).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}
