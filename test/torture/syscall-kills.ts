import { cp, link, mkdir, mkdtemp, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canTrace } from '../count-syncs.ts';
import { startStoreServer } from '../store-server.ts';
import { seededRandom, voiceSamples, writeWav } from '../voice-wav.ts';
import { runVrp } from '../vrp-process.ts';
import { keyOf, Lockstep, standsStillAfter, type Target } from './lockstep.ts';
import { begin, OPERATION_NAMES, type OperationName, type Scene, setSource } from './syscall-operations.ts';

/*
 * Kills one import, one upload and one completion before and after every system call that changes the disk, each in a
 * run of its own, and judges what the next process finds.
 */

export interface KillRow {
  readonly operation: OperationName;
  /** Which changing call of the clean run, from 1. */
  readonly nth: number;
  readonly moment: 'before' | 'after';
  /** The call and its file. */
  readonly call: string;
  readonly state: string;
  /** Empty when everything is as promised. */
  readonly wrong: readonly string[];
}

export interface SyscallKillReport {
  readonly rows: readonly KillRow[];
  /** Calls of the clean runs, per operation. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls of a clean run at which no process died. */
  readonly missed: readonly string[];
  readonly broken: readonly string[];
}

interface SyscallKillOptions {
  readonly seed?: number;
  /** The name of one operation. */
  readonly only?: string | undefined;
  /** Kills a few calls only, which the seed chooses. */
  readonly sampleOf?: number;
  readonly onRow?: (row: KillRow) => void;
}

// Which of two threads comes first is not the same in every run.
const ATTEMPTS = 6;
const QUIET_MS = 1500;

export async function run(options: SyscallKillOptions): Promise<SyscallKillReport> {
  if (options.only !== undefined && !(OPERATION_NAMES as readonly string[]).includes(options.only)) {
    throw new Error(
      `There is no operation "${options.only}": expected one of ${OPERATION_NAMES.join(', ')}.`,
    );
  }
  if (!canTrace) throw new Error('This run needs strace, which is not on this machine.');
  const folder = await mkdtemp(join(tmpdir(), 'vrp-syscall-kills-'));
  try {
    const scene = await prepare(folder);
    const rows: KillRow[] = [];
    const missed: string[] = [];
    const calls: Record<string, number> = {};
    const random = seededRandom(options.seed ?? 1);
    for (const operation of OPERATION_NAMES.filter((name) => (options.only ?? name) === name)) {
      const clean = await runOnce(scene, operation, null);
      if (clean.wrong.length > 0)
        throw new Error(`${operation}, killed by nobody (${clean.state}): ${clean.wrong.join('; ')}`);
      calls[operation] = clean.keys.length;
      const targets = targetsOf(clean.keys);
      const chosen = options.sampleOf === undefined ? targets : sample(targets, options.sampleOf, random);
      for (const target of chosen) {
        const row = await killAt(scene, operation, clean.keys, target);
        if (row === undefined) missed.push(`${operation}: ${target.moment} ${target.key}`);
        else {
          rows.push(row);
          options.onRow?.(row);
        }
      }
    }
    const wrong = rows.filter((row) => row.wrong.length > 0).map(lineOf);
    return { rows, calls, missed, broken: [...wrong, ...missed.map((call) => `never hit: ${call}`)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function lineOf({ operation, nth, moment, call, state, wrong }: KillRow): string {
  return [
    operation,
    String(nth),
    `${moment} ${call}`,
    state,
    wrong.length === 0 ? 'right' : `WRONG: ${wrong.join('; ')}`,
  ].join(' | ');
}

interface Prepared extends Scene {
  readonly template: string;
  readonly original: string;
}

/** A store that has been used before, to be copied for each run. */
async function prepare(folder: string): Promise<Prepared> {
  const home = join(folder, 'home');
  const original = join(folder, 'original.wav');
  const before = join(folder, 'before.wav');
  writeWav(original, voiceSamples(1.1, 16_000, 7), 16_000);
  writeWav(before, voiceSamples(0.5, 16_000, 8), 16_000);
  await mkdir(home);
  const scene = {
    home,
    dataDir: join(home, 'data'),
    stateDir: join(folder, 'state'),
    source: join(home, 'interview.wav'),
    bytes: await readFile(original),
  };
  const imported = await runVrp(scene, ['import', before, '--json']);
  if (imported.exitCode !== 0) throw new Error(`The store could not be prepared: ${imported.stderr}`);
  const server = await startStoreServer(scene);
  await server.waitFor('The spool is checked.');
  const derived = join(scene.dataDir, 'derived');
  // Its derived work must not fall into the operations that are watched.
  while (!(await readdir(derived, { recursive: true })).some((name) => name.endsWith('peaks.vpk'))) {
    await sleep(50);
  }
  await sleep(QUIET_MS);
  await server.stop();
  const template = join(folder, 'template');
  await cp(scene.dataDir, template, { recursive: true });
  return { ...scene, template, original };
}

async function renew(scene: Prepared): Promise<void> {
  await rm(scene.dataDir, { recursive: true, force: true });
  const reserve = join(scene.template, 'reserve.bin');
  await cp(scene.template, scene.dataDir, { recursive: true, filter: (path) => path !== reserve });
  // Nobody writes to it; copying it for every run would be most of the work.
  await link(reserve, join(scene.dataDir, 'reserve.bin')).catch(() => undefined);
  await unlink(scene.source).catch(() => undefined);
  await setSource(scene, scene.original);
}

function targetsOf(keys: readonly string[]): Target[] {
  const targets = keys.flatMap((key, index) => {
    const previousKey = keys.slice(0, index).findLast(standsStillAfter) ?? null;
    return [{ moment: 'before', key, previousKey } as const, { moment: 'after', key, previousKey } as const];
  });
  // Last comes what tells least: dying after one page of a database is nearly dying before the next.
  const tellsMuch = ({ moment, key }: Target) => moment === 'before' || !/^pwrite64 .*sqlite/.test(key);
  return [...targets.filter(tellsMuch), ...targets.filter((target) => !tellsMuch(target))];
}

function sample<T>(all: readonly T[], count: number, random: () => number): T[] {
  const rest = [...all];
  return Array.from({ length: Math.min(count, rest.length) }, () =>
    rest.splice(Math.floor(random() * rest.length), 1),
  ).flat();
}

async function killAt(
  scene: Prepared,
  operation: OperationName,
  keys: readonly string[],
  target: Target,
): Promise<KillRow | undefined> {
  const index = keys.indexOf(target.key);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // When the order changed, the one before may have come after: then the watch is set earlier.
    const previousKey =
      keys
        .slice(0, index)
        .filter(standsStillAfter)
        .at(-1 - attempt) ?? target.previousKey;
    const { death, state, wrong } = await runOnce(scene, operation, { ...target, previousKey });
    if (wrong.length === 0 && death !== target.moment) continue;
    return { operation, nth: index + 1, moment: target.moment, call: target.key, state, wrong };
  }
  return undefined;
}

async function runOnce(scene: Prepared, operation: OperationName, target: Target | null) {
  await renew(scene);
  const running = await begin(operation, scene);
  const lockstep = await Lockstep.attach(running.pid, scene.home, target);
  await running.act();
  // What follows the answer belongs to the operation too.
  while (lockstep.death === 'none' && lockstep.quietMs < QUIET_MS) await sleep(20);
  await running.end();
  await lockstep.detach();
  const { state, wrong } = await running.judge();
  return { death: lockstep.death, state, wrong, keys: lockstep.calls.map(keyOf) };
}
