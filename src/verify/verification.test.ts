import { mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import type { Recording } from '../model/recording.ts';
import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { FIXITY_HEADER } from './fixity-log.ts';

let home: string;
let recorder: VoiceRecorder;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-verify-'));
  recorder = await openHere();
});
afterAll(async () => {
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

function openHere(): Promise<VoiceRecorder> {
  return openVoiceRecorder({
    environment: 'testing',
    dataDir: join(home, 'store'),
    overrides: { stateDir: join(home, 'state') },
    runsJobs: false,
  });
}

async function keep(name: string, seconds = 0.2): Promise<Recording> {
  const path = join(home, `${name}.wav`);
  const bytes = makeWav({ seconds, channels: 1 });
  // Each its own sound, so that none is a duplicate.
  bytes.write(name, bytes.length - name.length, 'latin1');
  await writeFile(path, bytes);
  const { id } = await recorder.library.importFile(path);
  return await now(id ?? '');
}

async function now(id: string): Promise<Recording> {
  const found = await recorder.library.find(id);
  if (!found) throw new Error(`no recording ${id}`);
  return found;
}

const pathOf = (recording: Recording) => join(home, 'store', recording.storedFilename);

async function faultsOf(id: string) {
  return (await recorder.verification.report()).faults.filter((fault) => fault.id === id);
}

async function fixityLog(): Promise<string[]> {
  const text = await readFile(join(home, 'store/fixity', `${new Date().getUTCFullYear()}.csv`), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text.trimEnd().split('\n');
}

describe('verifying a recording', () => {
  it('finds what was received, and says when it was looked at', async () => {
    const { id, storedFilename, checksum, version, lastVerifiedAt } = await keep('sound');
    expect(lastVerifiedAt).toBeNull();
    const check = await recorder.verification.verify(id);
    expect(check).toMatchObject({ id, storedFilename, result: 'ok', expected: checksum, found: checksum });
    expect(check.message).toBeNull();
    expect(await now(id)).toMatchObject({ lastVerifiedAt: check.checkedAt, version, status: 'active' });
  });

  it('leaves a line in the log of the store each time, and rewrites none', async () => {
    const { id, storedFilename, checksum } = await keep('logged');
    const first = await recorder.verification.verify(id);
    await unlink(join(home, 'store', storedFilename));
    const second = await recorder.verification.verify(id);
    const lines = await fixityLog();
    expect(lines[0]).toBe(FIXITY_HEADER);
    expect(lines.slice(-2)).toEqual([
      `${first.checkedAt},fixity check,${id},${storedFilename},SHA-256,${checksum},${checksum},ok`,
      `${second.checkedAt},fixity check,${id},${storedFilename},SHA-256,${checksum},,missing`,
    ]);
  });

  it('goes on behind a line that a crash cut short', async () => {
    const { id } = await keep('cut');
    await recorder.verification.verify(id);
    const before = (await fixityLog()).length;
    const path = join(home, 'store/fixity', `${new Date().getUTCFullYear()}.csv`);
    await truncate(path, (await readFile(path)).length - 7);
    await recorder.verification.verify(id);
    const lines = await fixityLog();
    expect(lines).toHaveLength(before + 1);
    expect(lines.at(-1)).toMatch(/^\d{4}-.*,ok$/);
  });

  const faults: [string, (path: string) => Promise<void>, Partial<{ result: string; found: unknown }>][] = [
    [
      'replaced by other audio',
      (path) => writeFile(path, makeWav({ seconds: 1, channels: 2 })),
      { result: 'damaged' },
    ],
    ['cut short', (path) => truncate(path, 1000), { result: 'damaged' }],
    ['emptied', (path) => truncate(path, 0), { result: 'damaged' }],
    ['removed', unlink, { result: 'missing', found: null }],
    [
      'removed with its folder',
      (path) => rm(join(path, '..'), { recursive: true, maxRetries: 5, retryDelay: 50 }),
      { result: 'missing', found: null },
    ],
    [
      'turned into a folder',
      async (path) => {
        await unlink(path);
        await mkdir(path);
      },
      { result: 'damaged', found: 'folder' },
    ],
    [
      'turned into a link to another file',
      async (path) => {
        await unlink(path);
        await symlink('/etc/passwd', path);
      },
      { result: 'damaged', found: 'symbolic-link' },
    ],
    [
      'turned into a link to its own bytes',
      async (path) => {
        await rename(path, join(home, 'elsewhere.wav'));
        await symlink(join(home, 'elsewhere.wav'), path);
      },
      { result: 'damaged', found: 'symbolic-link' },
    ],
    [
      'put behind a linked folder',
      async (path) => {
        await rename(join(path, '..'), join(home, 'month'));
        await symlink(join(home, 'month'), join(path, '..'));
      },
      { result: 'unreadable', found: null },
    ],
  ];
  it.each(faults)('names one that was %s, and clears it once it is back', async (_what, harm, wanted) => {
    const recording = await keep('harmed');
    const sound = await keep('unharmed');
    const { id, checksum } = recording;
    const bytes = await readFile(pathOf(recording));
    await harm(pathOf(recording));
    const check = await recorder.verification.verify(id);
    expect(check).toMatchObject({ id, expected: checksum, ...wanted });
    expect(check.message).toContain(recording.storedFilename);
    const status = check.result === 'unreadable' ? 'active' : check.result;
    expect(await now(id)).toMatchObject({ status, lastVerifiedAt: check.checkedAt });
    expect(await faultsOf(id)).toEqual([check]);

    // A sidecar may just be written again in there.
    await rm(join(home, 'store/raw'), { recursive: true, maxRetries: 5, retryDelay: 50 });
    await mkdir(join(pathOf(recording), '..'), { recursive: true });
    await writeFile(pathOf(recording), bytes);
    expect((await recorder.verification.verify(id)).result).toBe('ok');
    expect((await now(id)).status).toBe('active');
    expect(await faultsOf(id)).toEqual([]);
    expect((await recorder.verification.verify(sound.id)).result).toBe('missing');
  });

  it('remembers damage of what lies in the trash for when it leaves it', async () => {
    const recording = await keep('thrown');
    await recorder.library.trash(recording.id);
    await truncate(pathOf(recording), 10);
    expect((await recorder.verification.verify(recording.id)).result).toBe('damaged');
    expect((await now(recording.id)).status).toBe('trashed');
    expect((await recorder.library.restore(recording.id)).status).toBe('damaged');
  });

  it('calls nothing missing while the store itself is not there', async () => {
    const { id } = await keep('unmounted');
    await rename(join(home, 'store'), join(home, 'away'));
    await mkdir(join(home, 'store'));
    const refusal = await recorder.verification.verify(id).catch((error: unknown) => error);
    await rm(join(home, 'store'), { recursive: true });
    await rename(join(home, 'away'), join(home, 'store'));
    // Whichever of the two is noticed to be gone first.
    expect(refusal).toMatchObject({ code: expect.stringMatching(/^(?:store-marker|catalogue)-missing$/) });
    await expect.poll(async () => (await now(id)).status).toBe('active');
    expect((await recorder.verification.verify(id)).result).toBe('ok');
  });

  it('stops in the middle of a file when told to', async () => {
    const { id } = await keep('stopped');
    const signal = AbortSignal.abort();
    await expect(recorder.verification.verify(id, { signal })).rejects.toMatchObject({ code: 'interrupted' });
    expect((await now(id)).lastVerifiedAt).toBeNull();
  });

  it('takes those first that were never checked, then the longest ago, also after a restart', async () => {
    for (const { id } of (await recorder.library.list({ limit: 500 })).items)
      await recorder.verification.verify(id);
    const [a, b] = [await keep('a'), await keep('b')];
    expect(await recorder.verification.report()).toMatchObject({
      neverVerifiedCount: 2,
      oldest: { id: a.id },
    });
    await recorder.verification.verify(a.id);
    expect(await recorder.verification.report()).toMatchObject({
      neverVerifiedCount: 1,
      oldest: { id: b.id },
    });
    await recorder.verification.verify(b.id);
    await recorder.close();
    recorder = await openHere();
    const { oldest, neverVerifiedCount } = await recorder.verification.report();
    expect(neverVerifiedCount).toBe(0);
    const items = [
      ...(await recorder.library.list({ limit: 500 })).items,
      ...(await recorder.library.list({ isTrashed: true })).items,
    ];
    const dates = items.map(({ lastVerifiedAt }) => lastVerifiedAt ?? '').sort();
    expect(oldest?.lastVerifiedAt).toBe(dates[0]);
  });

  it('refuses what is no recording', async () => {
    const nobody = '019aa000-0000-7000-8000-000000000000';
    await expect(recorder.verification.verify(nobody)).rejects.toMatchObject({ code: 'recording-unknown' });
  });
});
