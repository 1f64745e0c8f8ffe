import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../src/model/id.ts';
import { findPreset } from '../../src/model/preset.ts';
import type { Recording } from '../../src/model/recording.ts';
import { type FoundChromium, findChromium, rendererMegabytes } from '../e2e/chromium.ts';
import { ownerToken } from '../e2e/studio.ts';
import { openUnwatchedPage, type UnwatchedPage } from '../e2e/unwatched-page.ts';
import { startVrp } from '../vrp-process.ts';

export interface LongTakeOptions {
  /** Id of one preset; `voice` and `archive` when missing. */
  readonly preset?: string | undefined;
  readonly takeSeconds?: number;
}

interface LongTakeResult {
  readonly preset: string;
  readonly takeSeconds: number;
  /** How long it took by the clock. */
  readonly elapsedSeconds: number;
  readonly storedSeconds: number | null;
  readonly storedMegabytes: number;
  readonly memory: readonly MemoryLook[];
}

/** Resident memory of the page's process. */
interface MemoryLook {
  readonly atSeconds: number;
  readonly megabytes: number;
  /** After all garbage was collected, in the page and its workers: what the take holds on to. */
  readonly keptMegabytes: number;
}

const TWO_HOURS = 7_200;
const LOOKS = 8;
/** What a take of two hours may come to hold in all: 3 kB a second, of what it sends a thirtieth. */
const ALLOWED_GROWTH_MB = 20;
/** How far garbage that waits to be collected may rise and fall on top of it. */
const ALLOWED_GARBAGE_MB = 250;

/**
 * Feeds the take worker of a real page with samples as fast as it encodes them: the same encoder, browser storage,
 * uploads and server as in a take of that length, and the memory of the page's process at several moments.
 */
export async function run(options: LongTakeOptions) {
  const found = await findChromium();
  if (!found) throw new Error('There is no Chromium to record with.');
  const results: LongTakeResult[] = [];
  for (const preset of options.preset === undefined ? ['voice', 'archive'] : [options.preset]) {
    if (!findPreset(preset)) throw new Error(`There is no preset "${preset}".`);
    results.push(await record(found, preset, options.takeSeconds ?? TWO_HOURS));
  }
  return { results, broken: results.flatMap(faultsOf) };
}

function faultsOf({ preset, takeSeconds, storedSeconds, memory }: LongTakeResult): string[] {
  const faults: string[] = [];
  if (Math.abs((storedSeconds ?? 0) - takeSeconds) > 0.1)
    faults.push(`${preset}: ${storedSeconds} s of ${takeSeconds} s are stored`);
  const [first] = memory;
  for (const { atSeconds, megabytes, keptMegabytes } of memory) {
    const grownMegabytes = keptMegabytes - (first?.keptMegabytes ?? 0);
    if (grownMegabytes > ALLOWED_GROWTH_MB)
      faults.push(`${preset}: after ${atSeconds} s the page holds ${grownMegabytes} MB more than at first`);
    if (megabytes - keptMegabytes > ALLOWED_GARBAGE_MB)
      faults.push(
        `${preset}: after ${atSeconds} s ${megabytes - keptMegabytes} MB of garbage lie in the page`,
      );
  }
  return faults;
}

async function record(found: FoundChromium, preset: string, takeSeconds: number): Promise<LongTakeResult> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-long-take-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  const profileFolder = join(folder, 'profile');
  const server = await startVrp(folders);
  const page = await openUnwatchedPage(found, profileFolder);
  try {
    await page.open(server.loginUrl);
    // A page of the same app that draws nothing meanwhile.
    await page.open(`${server.baseUrl}/trash`);
    const startedMs = performance.now();
    await openFeed(page, preset);
    const memory = await feedAndLook(page, preset, takeSeconds, () => rendererMegabytes(profileFolder));
    await page.evaluate<null>('feed.end()');
    const elapsedSeconds = Math.round((performance.now() - startedMs) / 1000);
    const recording = await storedBy(server.baseUrl, await ownerToken(folders));
    return {
      preset,
      takeSeconds,
      elapsedSeconds,
      storedSeconds: recording.duration,
      storedMegabytes: Math.round(recording.filesizeBytes / 1e6),
      memory,
    };
  } finally {
    await page.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function feedAndLook(
  page: UnwatchedPage,
  preset: string,
  takeSeconds: number,
  megabytesNow: () => number,
): Promise<MemoryLook[]> {
  const memory: MemoryLook[] = [];
  for (let look = 0; look <= LOOKS; look += 1) {
    // The first minute fills what every take needs.
    const atSeconds = look === 0 ? Math.min(60, takeSeconds / 10) : Math.round((takeSeconds * look) / LOOKS);
    await page.evaluate<null>(`feed.until(${atSeconds})`);
    const megabytes = megabytesNow();
    await page.collectGarbage();
    const keptMegabytes = megabytesNow();
    memory.push({ atSeconds, megabytes, keptMegabytes });
    console.log(
      `${preset}: ${megabytes} MB after ${atSeconds} s of the take, ${keptMegabytes} MB of them in use`,
    );
  }
  return memory;
}

async function storedBy(baseUrl: string, token: string): Promise<Recording> {
  const answer = await fetch(`${baseUrl}/api/recordings`, { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await answer.json()) as { items: Recording[] };
  const [recording] = items;
  if (!recording || items.length > 1) throw new Error(`A take became ${items.length} recordings.`);
  return recording;
}

/** Gives the page a `feed`: a take worker of its own, and a port that stands for the microphone. */
async function openFeed(page: UnwatchedPage, presetId: string): Promise<void> {
  const take = {
    takeId: newId(Date.now()),
    title: 'A long take',
    presetId,
    startedAt: new Date().toISOString(),
    zone: 'UTC',
  };
  await page.evaluate<null>(`(${String(createFeed)})(${JSON.stringify(take)})`);
}

// Runs in the page; what it may use there is named here.
declare const Worker: new (address: string, options: object) => PageWorker;
declare const location: { readonly origin: string };
interface PageWorker {
  onmessage: (message: { data: { requestId?: number; failure?: string; event?: WorkerSays } }) => void;
  postMessage(message: unknown, transfer?: unknown[]): void;
}
interface WorkerSays {
  readonly type: string;
  readonly capturedSeconds?: number;
  readonly message?: string;
}

async function createFeed(take: object): Promise<void> {
  const RATE_HZ = 48_000;
  // Ten times as long as those of a microphone: a busy machine lets a process wait between any two of them.
  const BLOCK_FRAMES = RATE_HZ;
  const MOST_AHEAD_SECONDS = 10;
  const shell = await (await fetch('/service-worker.js')).text();
  const address = /\/assets\/take-worker-[^"]+\.js/.exec(shell)?.[0] ?? '';
  const worker = new Worker(address, { type: 'module' });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const saved = Promise.withResolvers<void>();
  let captured = 0;
  let fed = 0;
  let lastId = 0;
  let position = 0;
  let noise = 1;

  worker.onmessage = ({ data }) => {
    if (data.requestId !== undefined) {
      const asker = waiting.get(data.requestId);
      waiting.delete(data.requestId);
      if (data.failure === undefined) asker?.resolve(data);
      else asker?.reject(new Error(data.failure));
      return;
    }
    captured = data.event?.capturedSeconds ?? captured;
    if (data.event?.type === 'take-saved') saved.resolve();
    if (data.event?.type === 'take-failed') saved.reject(new Error('The take failed.'));
  };
  const ask = (request: object, transfer: unknown[] = []) =>
    new Promise((resolve, reject) => {
      waiting.set(++lastId, { resolve, reject });
      worker.postMessage({ requestId: lastId, request }, transfer);
    });

  /** Two tones that glide, and a little noise, in 16 bits: what a lossless encoder finds in a quiet room. */
  function nextSample(tone: number): number {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0;
    const glide = Math.sin(position / (RATE_HZ * 0.7)) * 40;
    const voice = Math.sin((position * (tone + glide)) / RATE_HZ) * 0.3;
    return Math.round((voice + (noise / 2 ** 31) * 0.002) * 32_767) / 32_768;
  }

  const { port1, port2 } = new MessageChannel();
  function feedBlock(): void {
    const planes = [new Float32Array(BLOCK_FRAMES), new Float32Array(BLOCK_FRAMES)] as const;
    for (let i = 0; i < BLOCK_FRAMES; i += 1) {
      position += 1;
      planes[0][i] = nextSample(900);
      planes[1][i] = nextSample(1_100);
    }
    const block = {
      sampleRateHz: RATE_HZ,
      frames: BLOCK_FRAMES,
      planes,
      capturedAtMs: null,
      preRollFrames: 0,
    };
    port1.postMessage(block, [planes[0].buffer, planes[1].buffer]);
    fed += BLOCK_FRAMES / RATE_HZ;
  }

  await ask({
    type: 'open',
    uploadsUrl: `${location.origin}/api/uploads`,
    recordingsUrl: `${location.origin}/api/recordings/`,
  });
  const wish = { samples: port2, forwardedAtMs: Date.now(), splitSeconds: null };
  await ask({ type: 'begin-take', take, ...wish }, [port2]);
  const feed = {
    async until(seconds: number): Promise<void> {
      while (fed < seconds - 0.05) {
        if (fed - captured < MOST_AHEAD_SECONDS) feedBlock();
        else await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    async end(): Promise<void> {
      port1.postMessage({ sign: 'end' });
      await ask({ type: 'end-segment', nextPhase: 'ended' });
      await saved.promise;
    },
  };
  Object.assign(globalThis, { feed });
}
