import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TargetReport } from '../src/model/copy.ts';
import type { Recording } from '../src/model/recording.ts';
import { hasS3Server, s3Place } from './s3-server.ts';
import { voiceSamples, writeWav } from './voice-wav.ts';
import { runHere } from './vrp-in-process.ts';
import { startVrp, type VrpFolders } from './vrp-process.ts';

/* Copies at other places, by the command line: sent, read back, brought back. */

let home = '';
let folders: VrpFolders;
let far = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-copies-'));
  folders = { dataDir: join(home, 'data'), stateDir: join(home, 'state') };
  far = join(home, 'nas');
  await mkdir(far);
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function vrp(...args: string[]) {
  return await runHere(folders, args);
}

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await vrp(...args, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

async function recordings(): Promise<readonly Recording[]> {
  return (await json<{ items: readonly Recording[] }>('list')).items;
}

/** Three recordings, of which one was told about. */
async function fill(): Promise<void> {
  const inbox = join(home, 'inbox');
  await mkdir(inbox);
  for (const seed of [1, 2, 3])
    writeWav(join(inbox, `talk-${seed}.wav`), voiceSamples(1, 16_000, seed), 16_000);
  expect((await vrp('import', '--recursive', inbox)).exitCode).toBe(0);
  const [one] = await recordings();
  const words = ['--title', 'The miller', '--add-tag', 'village', '--notes', 'Second visit.'];
  expect((await vrp('edit-info', one?.id ?? '', ...words)).exitCode).toBe(0);
}

/** Where copies stand is told by the next sync. */
function withoutCopies(items: readonly Recording[]): readonly Recording[] {
  return items.map((recording) => ({ ...recording, sync: [] }));
}

async function survivesDisaster(address: readonly string[]): Promise<void> {
  await fill();
  expect((await vrp('targets', 'add', 'away', ...address)).stderr).toBe('');
  const lines = (await vrp('sync', '--json')).stdout.trim().split('\n');
  const ended = lines
    .map((line) => JSON.parse(line) as { state: string })
    .filter((line) => line.state === 'verified');
  expect(ended).toHaveLength(3);
  const before = await recordings();
  expect(before.every(({ sync }) => sync[0]?.state === 'verified')).toBe(true);
  await rm(folders.dataDir, { recursive: true });
  expect(await json('restore', '--target', 'away')).toMatchObject({ fetched: 3, recovered: 3, failed: [] });
  expect(withoutCopies(await recordings())).toEqual(withoutCopies(before));
  expect((await vrp('verify')).stdout).toContain('all as they were received');
  // Nothing is sent: what lies there is read, and is right.
  const again = (await vrp('sync', '--json')).stdout;
  expect(again).not.toContain('"sending"');
  const [target] = (await json<{ targets: readonly TargetReport[] }>('targets')).targets;
  expect(target).toMatchObject({ copies: { verified: 3 }, owedBytes: 0 });
}

describe('a library that is gone', () => {
  it('comes back from a folder alone, field by field', () => survivesDisaster([pathToFileURL(far).href]));

  it.skipIf(!hasS3Server)(
    'comes back from an object store alone, field by field',
    async () => {
      const { bucket, endpoint = '' } = await s3Place('vrp-disaster');
      const prefix = `run-${process.pid}-${process.hrtime.bigint()}`;
      await survivesDisaster([`s3://${bucket}/${prefix}`, '--endpoint', endpoint, '--path-style']);
    },
    180_000,
  );

  it('comes back on another machine by the address, and says what is not right there', async () => {
    await fill();
    const address = pathToFileURL(far).href;
    await vrp('targets', 'add', 'away', address);
    await vrp('sync');
    const [bad, , good] = await recordings();
    const file = await open(join(far, bad?.storedFilename ?? ''), 'r+');
    await file.write(Buffer.from('XX'), 0, 2, 5_000);
    await file.close();
    await writeFile(join(far, 'raw', 'unknown.wav'), 'not ours');
    folders = { dataDir: join(home, 'other', 'data'), stateDir: join(home, 'other', 'state') };
    const { exitCode, stdout } = await vrp('restore', '--target', address, '--json');
    expect(exitCode).not.toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      fetched: 2,
      failed: [{ file: bad?.storedFilename, code: 'copy-mismatch' }],
    });
    expect((await recordings()).map(({ id }) => id)).toContain(good?.id);
    // The copies are of one store, and go into no other.
    await rm(folders.stateDir, { recursive: true });
    folders = { dataDir: join(home, 'third', 'data'), stateDir: join(home, 'third', 'state') };
    await vrp('import', join(home, 'inbox', 'talk-1.wav'));
    expect((await vrp('restore', '--target', address)).stderr).toContain('[target-of-other-store]');
  });
});

describe('a server', () => {
  it('sends what is new by itself, and heals a damaged original from its copy', async () => {
    await fill();
    await vrp('targets', 'add', 'nas', pathToFileURL(far).href);
    const server = await startVrp(folders);
    try {
      const verified = async () =>
        (await json<{ targets: readonly TargetReport[] }>('targets')).targets[0]?.copies.verified;
      await expect.poll(verified, { timeout: 60_000, interval: 500 }).toBe(3);
      writeWav(join(home, 'late.wav'), voiceSamples(1, 16_000, 9), 16_000);
      await vrp('import', join(home, 'late.wav'));
      await expect.poll(verified, { timeout: 60_000, interval: 500 }).toBe(4);
      const [{ id, storedFilename } = { id: '', storedFilename: '' }] = await recordings();
      const path = join(folders.dataDir, storedFilename);
      const kept = await readFile(path);
      await writeFile(path, Buffer.alloc(kept.length, 7));
      expect((await vrp('repair', id)).stdout).toContain('Healed');
      expect((await readFile(path)).equals(kept)).toBe(true);
    } finally {
      await server.stop();
    }
  }, 180_000);
});
