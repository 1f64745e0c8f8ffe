import type { Page } from 'playwright-core';
import { newId } from '../../src/model/id.ts';
import { findPreset } from '../../src/model/preset.ts';
import type { Recording } from '../../src/model/recording.ts';
import { findChromium, rendererMegabytes } from '../e2e/chromium.ts';
import { openStudio, type Studio } from '../e2e/studio.ts';

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
  /** Resident memory of the page's process, with the second of the take. */
  readonly memory: readonly { readonly atSeconds: number; readonly megabytes: number }[];
}

const TWO_HOURS = 7_200;
const LOOKS = 8;
/** What the second half of a take may add: more than this would show a leak of 15 kB a second. */
const ALLOWED_GROWTH_MB = 50;

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
    const studio = await openStudio(found, 1);
    try {
      results.push(await record(studio, preset, options.takeSeconds ?? TWO_HOURS));
    } finally {
      await studio.close();
    }
  }
  return { results, broken: results.flatMap(faultsOf) };
}

function faultsOf({ preset, takeSeconds, storedSeconds, memory }: LongTakeResult): string[] {
  const faults: string[] = [];
  if (Math.abs((storedSeconds ?? 0) - takeSeconds) > 0.1)
    faults.push(`${preset}: ${storedSeconds} s of ${takeSeconds} s are stored`);
  const middle = memory[Math.floor(memory.length / 2)]?.megabytes ?? 0;
  const end = memory.at(-1)?.megabytes ?? Number.POSITIVE_INFINITY;
  if (end - middle > ALLOWED_GROWTH_MB)
    faults.push(`${preset}: the page grew from ${middle} MB to ${end} MB`);
  return faults;
}

async function record(studio: Studio, preset: string, takeSeconds: number): Promise<LongTakeResult> {
  const { page } = studio;
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  // A page of the same app that draws nothing meanwhile.
  await page.goto(`${studio.server.baseUrl}/trash`);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  const startedMs = performance.now();
  await openFeed(page, preset);
  const memory: { atSeconds: number; megabytes: number }[] = [];
  for (let look = 0; look <= LOOKS; look += 1) {
    // The first minute fills what every take needs.
    const atSeconds = look === 0 ? Math.min(60, takeSeconds / 10) : Math.round((takeSeconds * look) / LOOKS);
    await page.evaluate<void>(`feed.until(${atSeconds})`);
    const megabytes = rendererMegabytes(studio.profileFolder);
    memory.push({ atSeconds, megabytes });
    console.log(`${preset}: ${megabytes} MB after ${atSeconds} s of the take`);
  }
  await page.evaluate<void>('feed.end()');
  const [recording] = await studio.recordings();
  return {
    preset,
    takeSeconds,
    elapsedSeconds: Math.round((performance.now() - startedMs) / 1000),
    storedSeconds: (recording as Recording).duration,
    storedMegabytes: Math.round((recording as Recording).filesizeBytes / 1e6),
    memory,
  };
}

/** Gives the page a `feed`: a take worker of its own, and a port that stands for the microphone. */
async function openFeed(page: Page, presetId: string): Promise<void> {
  const take = {
    takeId: newId(Date.now()),
    title: 'A long take',
    presetId,
    startedAt: new Date().toISOString(),
    zone: 'UTC',
  };
  await page.evaluate<void>(`(${String(createFeed)})(${JSON.stringify(take)})`);
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
  await ask({ type: 'begin-take', take, samples: port2, splitSeconds: null }, [port2]);
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
