import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eachAtOnce } from '../../src/model/each-at-once.ts';
import { seededBytes } from '../spool-desk.ts';
import { PlainUploader, type StoreServer, startStoreServer, uploadIdOf } from '../store-server.ts';
import { seededRandom } from '../voice-wav.ts';

export interface ManyUploadsReport {
  readonly uploads: number;
  /** From the start of the process to its first line. */
  readonly startedMs: number;
  /** From then until an upload that was asked for at once had answered. */
  readonly firstAskedMs: number;
  /** From then until a new upload was made and its first bytes were safe. */
  readonly newUploadMs: number;
  /** The longest that the server kept a question waiting that needs nothing but its event loop. */
  readonly longestPingMs: number;
  readonly allAnsweredMs: number;
  readonly largestRssMb: number;
  readonly broken: readonly string[];
}

const AT_ONCE = 40;
const PING_EVERY_MS = 20;

/** A server is killed with very many unfinished uploads: it starts at once, and each of them goes on where it stood. */
export async function run(options: { seed: number; count?: number | undefined }): Promise<ManyUploadsReport> {
  const count = options.count ?? 10_000;
  const random = seededRandom(options.seed);
  const folder = await mkdtemp(join(tmpdir(), 'vrp-many-uploads-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  let server = await startStoreServer(folders);
  try {
    const offsets = await makeUploads(server, count, random);
    await server.kill();

    const startMs = performance.now();
    server = await startStoreServer(folders);
    const listeningMs = performance.now();
    const pings = pingUntil(server);
    const ids = [...offsets.keys()];
    const client = new PlainUploader(server);
    const firstId = ids[Math.floor(random() * ids.length)] ?? '';
    const firstAsked = offsetOf(client, firstId).then(() => performance.now() - listeningMs);
    const isNew = makeUploads(server, 1, random).then(() => performance.now() - listeningMs);
    const broken: string[] = [];
    await eachAtOnce(ids, AT_ONCE, async (id) => {
      const found = await offsetOf(client, id);
      if (found !== offsets.get(id)) broken.push(`${id} stands at ${found}, not ${offsets.get(id)}`);
    });
    const allAnsweredMs = performance.now() - listeningMs;
    return {
      uploads: count,
      startedMs: Math.round(listeningMs - startMs),
      firstAskedMs: Math.round(await firstAsked),
      newUploadMs: Math.round(await isNew),
      longestPingMs: Math.round(await pings.end()),
      allAnsweredMs: Math.round(allAnsweredMs),
      largestRssMb: await largestRssMb(server),
      broken,
    };
  } finally {
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Uploads with a first piece each; resolves to what was acknowledged of them. */
async function makeUploads(
  server: StoreServer,
  count: number,
  random: () => number,
): Promise<Map<string, number>> {
  const client = new PlainUploader(server);
  const bytes = seededBytes(4000, 5);
  const offsets = new Map<string, number>();
  await eachAtOnce(Array.from({ length: count }), AT_ONCE, async () => {
    const kind = random() < 0.5 ? 'take' : 'file';
    const id = uploadIdOf(await client.create({ kind, filename: `${kind}.ogg` }, null));
    const length = 1 + Math.floor(random() * bytes.length);
    const answer = await client.append(id, 0, bytes.subarray(0, length), { sum: random() < 0.5 });
    if (answer.status !== 204) throw new Error(`A first piece was answered with ${answer.status}.`);
    offsets.set(id, length);
  });
  return offsets;
}

/** Asks again while the upload is still being checked. */
async function offsetOf(client: PlainUploader, id: string): Promise<number> {
  for (;;) {
    const answer = await client.head(id);
    if (answer.status === 200) return Number(answer.headers.get('Upload-Offset'));
    if (answer.status !== 423 && answer.status !== 503)
      throw new Error(`HEAD was answered with ${answer.status}.`);
    await sleep(100);
  }
}

function pingUntil(server: StoreServer): { end(): Promise<number> } {
  let isEnded = false;
  let longestMs = 0;
  const work = async (): Promise<void> => {
    while (!isEnded) {
      const askedMs = performance.now();
      await (await fetch(`${server.baseUrl}/api/health/live`)).arrayBuffer();
      longestMs = Math.max(longestMs, performance.now() - askedMs);
      await sleep(PING_EVERY_MS);
    }
  };
  const working = work();
  return {
    end: async () => {
      isEnded = true;
      await working;
      return longestMs;
    },
  };
}

async function largestRssMb({ process: child }: StoreServer): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  return Math.round((Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024) / 1e6);
}
