import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Recording } from '../../src/model/recording.ts';
import { makeSmallDisk } from '../small-disk.ts';
import { seededRandom, wavBytes } from '../voice-wav.ts';
import { runHere } from '../vrp-in-process.ts';
import { type StartedServer, startVrp, type VrpFolders, vrpEnvironment } from '../vrp-process.ts';

/** The disk that the stories are told of. */
export const DISK_MB = 256;
// Whatever is waited for comes, or never does: a busy machine has the time it needs.
const PATIENCE_MS = 180_000;
const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));

/** A server on its small disk, and what goes on around it. */
export interface Stage extends AsyncDisposable {
  readonly home: string;
  readonly folders: VrpFolders;
  /** How many of the largest disk's seconds of sound are in proportion here. */
  readonly seconds: (ofLargest: number) => number;
  readonly server: () => { readonly baseUrl: string; readonly token: string };
  readonly restart: () => Promise<number | null>;
  readonly spawn: (args: readonly string[], env?: NodeJS.ProcessEnv) => ReturnType<typeof spawnVrp>;
}

export async function setStage(diskMb: number): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'vrp-small-disk-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const disk = await makeSmallDisk('ext4', join(home, 'disk'), diskMb);
  stack.defer(() => disk.dispose());
  const folders = { dataDir: join(home, 'disk', 'data'), stateDir: join(home, 'state') };
  await mkdir(folders.stateDir);
  const start = async () => {
    const started = await startVrp(folders);
    const token = (await runHere(folders, ['token'])).stdout.trim();
    return { ...started, token };
  };
  let server: StartedServer & { readonly token: string } = await start();
  stack.defer(() => server.kill());
  await until('the reserve', () => existsSync(join(folders.dataDir, 'reserve.bin')));
  const everything = stack.move();
  return {
    home,
    folders,
    seconds: (ofLargest) => Math.max(1, Math.round((ofLargest * diskMb) / DISK_MB)),
    server: () => server,
    restart: async () => {
      const exitCode = await server.stop();
      server = await start();
      return exitCode;
    },
    spawn: (args, env = {}) => {
      const child = spawnVrp(folders, args, env);
      everything.defer(() => void child.kill('SIGKILL'));
      return child;
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function spawnVrp(folders: VrpFolders, args: readonly string[], env: NodeJS.ProcessEnv) {
  return spawn(process.execPath, [launcher, ...args], {
    env: { ...vrpEnvironment(folders), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Bytes of a sound file that no other one has. */
export function noise(seconds: number, seed: number): Buffer {
  const random = seededRandom(seed);
  return wavBytes(
    new Float32Array(seconds * 44_100).map(() => random() - 0.5),
    44_100,
  );
}

export const fillerIn = (home: string, name = 'filler') => join(home, 'disk', name);

/** Another process takes all there is. */
export function fillDisk(home: string, name?: string): void {
  const { stderr } = spawnSync('sh', ['-c', `cat /dev/zero > '${fillerIn(home, name)}'`], {
    encoding: 'utf8',
  });
  assert.match(stderr, /no space/i);
}

export async function ask<T>(
  stage: Stage,
  path: string,
  method = 'GET',
): Promise<{ status: number; json: T }> {
  const { baseUrl, token } = stage.server();
  const answer = await fetch(baseUrl + path, { method, headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, json: (await answer.json()) as T };
}

export async function list(stage: Stage): Promise<Recording[]> {
  return (await ask<{ items: Recording[] }>(stage, '/api/recordings?limit=500')).json.items;
}

export async function idsOf(stage: Stage): Promise<string[]> {
  return (await list(stage)).map(({ id }) => id).sort();
}

export async function until(what: string, isThere: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await isThere())) {
    assert.ok(performance.now() < endMs, `${what} never came`);
    await sleep(50);
  }
}
