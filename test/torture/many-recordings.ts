import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeManyRecordings } from '../many-recordings.ts';
import { type VrpFolders, vrpEnvironment } from '../vrp-process.ts';
import type { ProcessFigures } from '../watch-process.ts';

/*
 * A store of many short recordings without a catalogue: rebuilt, read again by `vrp verify`, and compared by a server
 * that goes on answering. Memory must not grow with the store, and no event loop may compute for long without a pause.
 */

export interface ManyRecordingsReport {
  readonly count: number;
  readonly steps: readonly (ProcessFigures & {
    readonly step: Step;
    readonly seconds: number;
    /** The slowest of the pages that were asked for meanwhile. */
    readonly slowestPageMs?: number;
  })[];
  readonly broken: readonly string[];
}

export interface ManyRecordingsOptions {
  readonly seed: number;
  /** 10,000 when not given. */
  readonly count?: number | undefined;
}

type Step = 'rebuild' | 'reconcile' | 'verify';
interface Answer {
  readonly text: string;
  readonly seconds: number;
  readonly figures: ProcessFigures;
  readonly slowestPageMs?: number;
}

const MAX_COMPUTING_MS = 50;
// Some 25 MB of it are what strips the types of our source, in each thread once more: beside the comparing, a server reads
// its database and the newest snapshot through in two threads after its start.
const MAX_MB: Readonly<Record<Step, number>> = { rebuild: 250, reconcile: 420, verify: 200 };
const PAGE_EVERY_MS = 200;
const bin = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));
const watcher = new URL('../watch-process.ts', import.meta.url).href;

export async function run({ seed, count = 10_000 }: ManyRecordingsOptions): Promise<ManyRecordingsReport> {
  const home = await mkdtemp(join(tmpdir(), 'vrp-many-'));
  const folders = { dataDir: join(home, 'data'), stateDir: join(home, 'state') };
  const env = {
    ...vrpEnvironment(folders),
    NODE_OPTIONS: `--import=${watcher}`,
    NODE_COMPILE_CACHE: join(home, 'compiled'),
    VRP_WATCH_FILE: join(home, 'watched.json'),
  };
  const broken: string[] = [];
  const steps: ManyRecordingsReport['steps'][number][] = [];
  const keep = (step: Step, { text, figures, ...rest }: Answer, isRight: (text: string) => boolean) => {
    steps.push({ step, ...rest, ...figures });
    if (!isRight(text)) broken.push(`${step} said ${text.slice(0, 300)}`);
    if (figures.peakMb > MAX_MB[step]) broken.push(`${step} took ${figures.peakMb.toFixed(0)} MB`);
    for (const { computingMs } of figures.stalls)
      if (computingMs > MAX_COMPUTING_MS)
        broken.push(`${step} computed for ${computingMs.toFixed(0)} ms at a stretch`);
  };
  try {
    makeManyRecordings(folders.dataDir, count, seed);
    // Once in vain, so that what strips the types of our source, which no package does, is not counted.
    await command(env, ['list', '--limit', '1']);
    keep('rebuild', await command(env, ['rebuild', '--json']), (text) => {
      const { recovered, adopted, failed } = JSON.parse(text) as Record<string, unknown>;
      return recovered === count && adopted === 0 && Array.isArray(failed) && failed.length === 0;
    });
    keep('reconcile', await reconcileOnServer(env, folders), (text) => {
      const { adopted, missing, sidecarsRewritten } = JSON.parse(text) as Record<string, unknown>;
      return adopted === 0 && missing === 0 && sidecarsRewritten === 0;
    });
    keep('verify', await command(env, ['verify', '--json']), (text) => {
      const lines = text.trim().split('\n');
      return lines.length === count && lines.every((line) => line.includes('"result":"ok"'));
    });
    return { count, steps, broken };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function command(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<Answer> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => pieces.push(text));
  await once(child, 'close');
  const seconds = (performance.now() - startMs) / 1000;
  return { text: pieces.join(''), seconds, figures: await readFigures(env) };
}

/** Pages of the library are asked for all the while, as somebody who looks for a recording does. */
async function reconcileOnServer(env: NodeJS.ProcessEnv, folders: VrpFolders): Promise<Answer> {
  const token = (await command(env, ['token'])).text.trim();
  const child = spawn(process.execPath, [bin, 'start', '--json', '--port', '0'], {
    env: { ...env, VRP_PATROL_MB_PER_SECOND: '0', VRP_DATA_DIR: folders.dataDir },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { baseUrl } = JSON.parse(line.toString()) as { baseUrl: string };
  // What comes until a server listens keeps nobody waiting.
  child.kill('SIGUSR2');
  const startMs = performance.now();
  let isDone = false;
  const comparing = ask('POST', `${baseUrl}/api/reconcile`, token).finally(() => {
    isDone = true;
  });
  let slowestPageMs = 0;
  while (!isDone) {
    const askedMs = performance.now();
    await ask('GET', `${baseUrl}/api/recordings?limit=50`, token);
    slowestPageMs = Math.max(slowestPageMs, performance.now() - askedMs);
    await sleep(PAGE_EVERY_MS);
  }
  const text = await comparing;
  const seconds = (performance.now() - startMs) / 1000;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  return { text, seconds, figures: await readFigures(env), slowestPageMs };
}

/** Not by `fetch`, which waits five minutes at most. */
function ask(method: string, address: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(address, { method, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      const pieces: string[] = [];
      answer.setEncoding('utf8').on('data', (text: string) => pieces.push(text));
      answer.once('end', () => resolve(pieces.join('')));
      answer.once('error', reject);
    });
    asked.once('error', reject).end();
  });
}

async function readFigures(env: NodeJS.ProcessEnv): Promise<ProcessFigures> {
  return JSON.parse(await readFile(env['VRP_WATCH_FILE'] ?? '', 'utf8')) as ProcessFigures;
}
