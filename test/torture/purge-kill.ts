import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { rebuildStore } from '../../src/rebuild-store.ts';
import { canTrace } from '../count-syncs.ts';
import { seededRandom } from '../voice-wav.ts';
import type { PurgeChildLine } from './purge-kill-child.ts';
import { fillPurgeStore, judgePurges, type PurgeScene } from './purge-kill-store.ts';
import { readSaid } from './said-line.ts';

/*
 * Kills a process that purges recordings, at moments a seed decides and before each system call that changes the disk,
 * and lets the next process begin. Then each recording is either whole or gone for good with its tombstone, and
 * nothing else was touched. Now and then the catalogue is lost as well and made anew from the files.
 */

export interface PurgeKillReport {
  readonly lives: number;
  readonly kills: number;
  /** Killed before a certain system call. */
  readonly callKills: number;
  /** Recordings that were gone, and of those the ones whose purge was answered. */
  readonly gone: number;
  readonly acknowledged: number;
  readonly broken: readonly string[];
}

export interface PurgeKillOptions {
  readonly seed: number;
  readonly seconds?: number;
  /** Kills at moments, and before calls that the seed chooses; until every call was met when not given. */
  readonly moments?: number;
  readonly callSample?: number;
}

interface Death {
  readonly afterMs?: number;
  /** The n-th call of this name in any thread. */
  readonly call?: string;
  readonly nth?: number;
}

interface Life {
  readonly wasKilled: boolean;
  readonly acknowledged: readonly string[];
  readonly refused: readonly string[];
  readonly lastedMs: number;
}

const childPath = fileURLToPath(new URL('./purge-kill-child.ts', import.meta.url));
const CALLS = ['unlink', 'rename', 'fsync', 'fdatasync', 'pwrite64', 'rmdir', 'write', 'openat'];
const LAST_CALL = 400;
const CATALOGUE_LOST_SHARE = 0.3;

export async function run(options: PurgeKillOptions): Promise<PurgeKillReport> {
  const home = await mkdtemp(join(tmpdir(), 'vrp-purge-kill-'));
  try {
    const scene = await fillPurgeStore(join(home, 'template'));
    return await new PurgeTorture(home, scene, options.seed).run(options);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

class PurgeTorture {
  readonly #root: string;
  readonly #scene: PurgeScene;
  readonly #random: () => number;
  readonly #broken: string[] = [];
  readonly #tally = { lives: 0, kills: 0, callKills: 0, gone: 0, acknowledged: 0 };
  #longestMs = 0;

  constructor(home: string, scene: PurgeScene, seed: number) {
    this.#root = join(home, 'life');
    this.#scene = scene;
    this.#random = seededRandom(seed);
  }

  async run({ seconds = Number.POSITIVE_INFINITY, moments, callSample }: PurgeKillOptions) {
    const endsAtMs = performance.now() + seconds * 1000;
    const goesOn = () => performance.now() < endsAtMs && this.#broken.length === 0;
    await this.#live({}, 'nobody');
    for (let count = 0; count < (moments ?? 40) && goesOn(); count++) {
      const afterMs = this.#random() * this.#longestMs;
      await this.#live({ afterMs }, `killed after ${afterMs.toFixed(0)} ms`);
    }
    if (!canTrace) return this.#report();
    for (let count = 0; count < (callSample ?? 0) && goesOn(); count++) {
      // Of the calls that every purge makes.
      const call = CALLS[Math.floor(this.#random() * 5)] ?? '';
      await this.#liveUntil(call, 1 + Math.floor(this.#random() * 6));
    }
    if (callSample !== undefined) return this.#report();
    for (const call of CALLS) {
      for (let nth = 1; nth <= LAST_CALL && goesOn(); nth++) if (!(await this.#liveUntil(call, nth))) break;
    }
    return this.#report();
  }

  #report(): PurgeKillReport {
    return { ...this.#tally, broken: this.#broken };
  }

  /** Resolves to false when no thread came so far. */
  async #liveUntil(call: string, nth: number): Promise<boolean> {
    const { wasKilled } = await this.#live({ call, nth }, `killed before ${call} ${nth}`);
    if (wasKilled) this.#tally.callKills++;
    return wasKilled;
  }

  async #live(death: Death, words: string): Promise<Life> {
    await this.#renew();
    const life = await this.#runChild(death);
    const say = (wrong: string) => this.#broken.push(`${words}: ${wrong}`);
    life.refused.forEach(say);
    this.#tally.lives++;
    if (life.wasKilled) this.#tally.kills++;
    else this.#longestMs = Math.max(this.#longestMs, life.lastedMs);
    const isCatalogueLost = life.wasKilled && this.#random() < CATALOGUE_LOST_SHARE;
    if (isCatalogueLost) await this.#loseCatalogue();
    const { gone, wrong } = await judgePurges(this.#root, this.#scene, life.acknowledged);
    for (const sentence of wrong) say(isCatalogueLost ? `${sentence} (catalogue made anew)` : sentence);
    if (!life.wasKilled && gone.length !== this.#scene.purged.length) say('not everything was purged');
    this.#tally.gone += gone.length;
    this.#tally.acknowledged += life.acknowledged.length;
    return life;
  }

  async #renew(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
    await mkdir(this.#root);
    await cp(join(this.#scene.root, 'data'), join(this.#root, 'data'), { recursive: true });
  }

  async #loseCatalogue(): Promise<void> {
    const dataDir = join(this.#root, 'data');
    for (const ending of ['', '-wal', '-shm'])
      await rm(join(dataDir, `catalogue.sqlite${ending}`), { force: true });
    await rebuildStore({
      environment: 'testing',
      overrides: { dataDir, stateDir: join(this.#root, 'state') },
      lockWaitMs: 10_000,
    });
  }

  async #runChild(death: Death): Promise<Life> {
    const child = spawn(process.execPath, [childPath, this.#root, ...this.#scene.purged], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: join(this.#scene.root, 'compiled'),
        // One thread for all file work: the n-th call of it is then one of its kind.
        ...(death.call === undefined ? {} : { UV_THREADPOOL_SIZE: '1' }),
      },
    });
    const ended = once(child, 'close');
    const acknowledged: string[] = [];
    const refused: string[] = [];
    let isDone = false;
    let startMs = 0;
    for await (const text of createInterface({ input: child.stdout })) {
      const line = readSaid<PurgeChildLine>(text);
      if (line?.kind === 'ready') {
        if (death.call !== undefined) await watch(child, `${death.call}:signal=KILL:when=${death.nth ?? 1}`);
        startMs = performance.now();
        child.stdin.write('go');
        if (death.afterMs !== undefined) void sleep(death.afterMs).then(() => child.kill('SIGKILL'));
      } else if (line?.kind === 'purged') acknowledged.push(line.id);
      else if (line?.kind === 'refused') refused.push(line.message);
      else if (line?.kind === 'done') isDone = true;
    }
    const lastedMs = performance.now() - startMs;
    await ended;
    return { wasKilled: !isDone, acknowledged, refused, lastedMs };
  }
}

/** Resolves once strace has every thread of the child. It ends with the child. */
async function watch(child: ChildProcessByStdio<Writable, Readable, null>, inject: string): Promise<void> {
  const call = inject.slice(0, inject.indexOf(':'));
  const args = ['-f', '-e', `trace=${call}`, '-e', `inject=${inject}`, '-o', '/dev/null'];
  const strace = spawn('strace', [...args, '-p', String(child.pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const text of createInterface({ input: strace.stderr })) if (/attached/.test(text)) return;
}
