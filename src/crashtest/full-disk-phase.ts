import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskFiller } from './disk-filler.ts';
import { HttpClient } from './http-client.ts';
import { inspectServer } from './inspect-server.ts';
import { judgePromises } from './judge-promises.ts';
import type { Ledger } from './ledger.ts';
import { ServerProcess } from './server-process.ts';
import { beginTake, type SmallTake, untilReserved } from './small-take.ts';
import { readToken, vrpEnvironment } from './vrp-command.ts';

export interface FullDiskDesk {
  /** A folder on the small file system. */
  readonly folder: string;
  readonly logFile: string;
  /** Of this store alone. */
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly giveUp: AbortSignal;
  /** Called each time that not one byte was left. */
  onFull(): void;
  /** Called when the server was killed on the full disk. */
  onKill(): void;
}

const KEEP_FREE_MB = 1;

/**
 * A store on a small disk that is filled while two takes are recorded. One is ended on the full disk, which must give
 * a valid recording; the other must go on when there is room again. Half of the time the server dies in between.
 * Resolves to the number of recordings.
 */
export async function fillDiskInMidTake(desk: FullDiskDesk): Promise<number> {
  const { folder, ledger } = desk;
  const place = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  await mkdir(place.stateDir, { recursive: true });
  const env = vrpEnvironment(place, KEEP_FREE_MB);
  const server = new ServerProcess({
    env,
    logFile: desk.logFile,
    onUnexpectedEnd: (how) => ledger.lose('server', `The server on the full disk ended by itself: ${how}.`),
  });
  const filler = new DiskFiller(join(folder, 'filling'));
  try {
    await server.start();
    const token = await readToken(env);
    const client = new HttpClient({ port: server.port, host: `127.0.0.1:${server.port}`, token });
    try {
      await recordOnFullDisk(desk, { server, filler, client, dataDir: place.dataDir });
      const recordings = await inspectServer(client, ledger);
      for (const { id, warnings } of recordings) {
        const words = warnings.map(({ message }) => message).join(' ');
        if (words !== '') ledger.lose('unreadable', `Recording ${id} did not end validly: ${words}`);
      }
      await server.stop();
      await judgePromises(place.dataDir, ledger, recordings);
      return recordings.length;
    } finally {
      client.close();
    }
  } finally {
    await server.kill();
    await filler.free();
  }
}

interface Scene {
  readonly server: ServerProcess;
  readonly filler: DiskFiller;
  readonly client: HttpClient;
  readonly dataDir: string;
}

async function recordOnFullDisk(desk: FullDiskDesk, scene: Scene): Promise<void> {
  const { server, filler, client } = scene;
  const first = await beginTake({ ...desk, client });
  const second = await beginTake({ ...desk, client });
  if (!first || !second) return;
  const takes: SmallTake[] = [first, second];
  for (const take of takes) await take.sendUpTo(0.3);

  const hasReserve = await untilReserved(scene.dataDir);
  await filler.fill();
  desk.onFull();
  if (hasReserve && desk.random() < 0.5) {
    await server.kill();
    desk.onKill();
    await server.start();
  }
  for (const take of takes) await take.tryUpTo(0.5);
  // With its reserve given back, a store can end what runs; one too small to have a reserve ends it later.
  if (hasReserve) await first.end();

  await filler.fill();
  desk.onFull();
  await second.tryUpTo(0.7);
  if ((await client.ask('GET', '/api/health/live'))?.status !== 200) {
    desk.ledger.lose('server', 'The server did not answer while its disk was full.');
  }
  await filler.free();
  if (!hasReserve) await first.end();
  await second.sendUpTo(1);
  await second.end();
}
