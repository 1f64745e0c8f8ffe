import { randomBytes } from 'node:crypto';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import { sha256 } from '../../test/sha256.ts';
import { type FaultyProxy, openFaultyProxy } from '../crashtest/faulty-proxy.ts';
import { failureCodeOf } from '../model/failure.ts';
import { openHttpDoor } from './http-door.ts';
import type { LibraryDoor } from './library-door.ts';

const MIB = 1024 * 1024;
let folder: string;
let served: ServedRecorder;
let proxy: FaultyProxy;
let door: LibraryDoor;

const codeOf = (work: Promise<unknown>) => work.then(() => undefined, failureCodeOf);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-door-'));
  // The relay has a port of its own, which the server has to take for its address.
  served = await serveRecorder({ allowedHosts: ['127.0.0.1'] });
  proxy = await openFaultyProxy(served.server.port);
  door = await openDoorTo(served.server.baseUrl);
});

afterEach(async () => {
  await door.close();
  await proxy.close();
  await served.close();
  await rm(folder, { recursive: true });
});

async function openDoorTo(baseUrl: string, token = served.token): Promise<LibraryDoor> {
  return openHttpDoor({ baseUrl, token, tlsCert: null }, { dataDir: folder, storeId: undefined });
}

function writeSource(name: string, sizeBytes: number): { path: string; bytes: Buffer } {
  const bytes = randomBytes(sizeBytes);
  // The recorder in memory takes everything for audio that does not look like a web page.
  bytes[0] = 1;
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe('the library of a running server', () => {
  it('lists, finds, changes, trashes and restores', async () => {
    const { id } = served.recorder.addRecording(Buffer.from('one'), { title: 'One' });
    served.recorder.addRecording(Buffer.from('two'), { title: 'Two' });
    expect((await door.list({ query: 'One', limit: 5 })).items.map((item) => item.id)).toEqual([id]);
    expect((await door.find(id))?.title).toBe('One');
    expect((await door.amend(id, { title: 'Uno' }, 1)).title).toBe('Uno');
    expect((await door.trash(id)).status).toBe('trashed');
    expect((await door.list({ isTrashed: true })).items).toHaveLength(1);
    expect((await door.restore(id)).status).toBe('active');
  });

  it('answers undefined for what is not there, and with the code of the server for every refusal', async () => {
    const { id } = served.recorder.addRecording(Buffer.from('one'));
    const unknown = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
    expect(await door.find(unknown)).toBeUndefined();
    expect(await codeOf(door.trash(unknown))).toBe('recording-unknown');
    expect(await codeOf(door.amend(id, { title: 'x' }, 7))).toBe('version-conflict');
    expect(await codeOf(door.list({ cursor: 'nonsense' }))).toBe('cursor-invalid');
  });

  it('says access-denied with a wrong token and server-unreachable when nobody answers', async () => {
    const stranger = await openDoorTo(served.server.baseUrl, 'vrp_wrong');
    expect(await codeOf(stranger.list({}))).toBe('access-denied');
    await stranger.close();
    const nowhere = await openDoorTo('http://127.0.0.1:1');
    expect(await codeOf(nowhere.list({}))).toBe('server-unreachable');
    await nowhere.close();
  });

  it('adds, lists and revokes tokens', async () => {
    const token = await door.tokens.addToken('field recorder', 'record');
    expect(token).toMatch(/^vrp_/);
    expect((await door.tokens.listTokens()).map(({ name, role }) => [name, role])).toEqual([
      ['field recorder', 'record'],
    ]);
    const recordOnly = await openDoorTo(served.server.baseUrl, token);
    expect(await codeOf(recordOnly.tokens.listTokens())).toBe('access-role');
    await recordOnly.close();
    await door.tokens.revokeToken('field recorder');
    expect(await door.tokens.listTokens()).toEqual([]);
    expect(await codeOf(door.tokens.revokeToken('field recorder'))).toBe('token-unknown');
  });
});

describe('an import through a running server', () => {
  it('sends a file of several chunks byte for byte and reports its progress', async () => {
    const { path, bytes } = writeSource('long.wav', 19 * MIB + 7);
    const progress: number[] = [];
    const outcome = await door.importFile(path, {
      title: 'Long',
      tags: ['a'],
      onProgress: (n) => progress.push(n),
    });
    expect(outcome).toMatchObject({ file: path, status: 'stored', checksum: sha256(bytes) });
    expect(served.recorder.received(outcome.id ?? '').equals(bytes)).toBe(true);
    expect(progress).toEqual([8 * MIB, 16 * MIB, bytes.length]);
    expect(existsSync(path)).toBe(true);
  });

  it('goes on from what the server has when the connection is cut again and again', async () => {
    const { path, bytes } = writeSource('cut.wav', 20 * MIB);
    const throughProxy = await openDoorTo(`http://127.0.0.1:${proxy.port}`);
    let cutsSeen = -1;
    const cutAgain = setInterval(() => {
      if (proxy.cutCount === cutsSeen || proxy.cutCount > 3) return;
      cutsSeen = proxy.cutCount;
      proxy.cutAfter(5 * MIB);
    }, 5);
    const outcome = await throughProxy.importFile(path, {});
    clearInterval(cutAgain);
    await throughProxy.close();
    expect(proxy.cutCount).toBeGreaterThan(1);
    expect(outcome).toMatchObject({ status: 'stored', checksum: sha256(bytes) });
    expect(served.recorder.received(outcome.id ?? '').equals(bytes)).toBe(true);
  });

  it('waits for a server that is away for a moment', async () => {
    const { path, bytes } = writeSource('away.wav', 9 * MIB);
    const throughProxy = await openDoorTo(`http://127.0.0.1:${proxy.port}`);
    let isTried = false;
    const outcome = await throughProxy.importFile(path, {
      onProgress: () => {
        if (isTried) return;
        isTried = true;
        proxy.setDown(true);
        setTimeout(() => proxy.setDown(false), 700);
      },
    });
    await throughProxy.close();
    expect(outcome).toMatchObject({ status: 'stored', checksum: sha256(bytes) });
  });

  it('passes on why the server refused a file, and leaves nothing behind there', async () => {
    const path = join(folder, 'page.wav');
    writeFileSync(path, '<html>');
    const outcome = await door.importFile(path, { isMove: true });
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'not-audio-content' } });
    expect(existsSync(path)).toBe(true);
    expect(served.log()).toMatch(/"method":"DELETE"[^\n]*"status":204/);
  });

  it('rejects what is missing, empty or no file without asking the server', async () => {
    writeFileSync(join(folder, 'empty.wav'), '');
    const codes = await Promise.all(
      ['none.wav', 'empty.wav', '.'].map(
        async (name) => (await door.importFile(join(folder, name), {})).error?.code,
      ),
    );
    expect(codes).toEqual(['file-missing', 'audio-no-samples', 'file-not-regular']);
    expect(served.log()).not.toContain('/api/uploads');
  });

  it('removes a moved source only after the stored copy was read back', async () => {
    const { path } = writeSource('move.wav', 9 * MIB);
    const outcome = await door.importFile(path, { isMove: true });
    expect(outcome).toMatchObject({ status: 'stored' });
    expect(outcome.error).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    expect(served.log()).toContain(`/api/recordings/${outcome.id}/audio`);
  });

  it('leaves a source alone that changed after it was read', async () => {
    const { path } = writeSource('touched.wav', MIB);
    const outcome = await door.importFile(path, { isMove: true, onProgress: () => utimesSync(path, 1, 1) });
    expect(outcome).toMatchObject({ status: 'stored', error: { code: 'file-changed-while-reading' } });
    expect(existsSync(path)).toBe(true);
  });

  it('imports nothing of a file that changes while it is read', async () => {
    const { path } = writeSource('growing.wav', 17 * MIB);
    const outcome = await door.importFile(path, { onProgress: () => utimesSync(path, 1, 1) });
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'file-changed-while-reading' } });
    expect((await door.list({})).items).toEqual([]);
  });

  it('drops the file at hand when it is stopped', async () => {
    const { path } = writeSource('stopped.wav', 30 * MIB);
    const controller = new AbortController();
    const outcome = await door.importFile(path, {
      signal: controller.signal,
      onProgress: () => controller.abort('SIGINT'),
    });
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'interrupted' } });
    expect((await door.list({})).items).toEqual([]);
    expect(served.log()).toMatch(/"method":"DELETE"[^\n]*"status":204/);
  });
});
