import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { sha256 } from '../../test/sha256.ts';
import { systemClock, toIsoUtc } from '../model/clock.ts';
import type { CopyProgress } from '../model/copy.ts';
import { newId } from '../model/id.ts';
import { sidecarText } from '../model/sidecar.ts';
import { CopyService } from './copy-service.ts';
import { claimTarget } from './far-marker.ts';
import { openFolderTarget } from './folder-target.ts';
import { TargetBook } from './target-book.ts';
import type { TargetPlace } from './target-place.ts';

const STORE = '0192a000-0000-7000-8000-0000000000aa';
let home = '';
let disposing = new AsyncDisposableStack();
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-copies-'));
  disposing = new AsyncDisposableStack();
});
afterEach(async () => {
  await disposing.disposeAsync();
  await rm(home, { recursive: true });
});

/** A store with a folder for copies. `spoil` changes what lies there after each audio that was sent. */
async function store(spoil: (path: string) => Promise<void> = async () => undefined) {
  const [local, far] = [join(home, 'local'), join(home, 'far')];
  await mkdir(local);
  await mkdir(far);
  const catalogue = disposing.use(await scratchCatalogue());
  const book = new TargetBook(join(home, 'state'), STORE);
  const place = { kind: 'folder', path: far } as const;
  const open = (at: TargetPlace) => {
    const target = openFolderTarget(at as typeof place);
    const send = target.send.bind(target);
    target.send = async (shipment, ...rest) => {
      await send(shipment, ...rest);
      await spoil(join(far, shipment.key));
    };
    return target;
  };
  const id = await claimTarget(openFolderTarget(place), STORE, toIsoUtc(systemClock.nowMs()));
  book.add({ id, name: 'nas', place });
  const heard: CopyProgress[] = [];
  const faults: string[] = [];
  const service = new CopyService({
    storeId: STORE,
    clock: systemClock,
    book,
    ledger: catalogue.copies,
    report: catalogue.copyReport,
    scratchFolder: home,
    localPath: (key) => join(local, key),
    async describe(of) {
      const known = await catalogue.outbox.describe(of);
      return known && { text: sidecarText(known.recording, known.history), version: known.recording.version };
    },
    openTarget: open,
    onFault: (_, { code }) => faults.push(code),
    onProgress: (progress) => heard.push(progress),
  });
  const add = async (bytes = randomBytes(50_000)) => {
    const recordingId = newId(systemClock.nowMs());
    const storedFilename = `raw-${recordingId}.ogg`;
    const recording = await addRecording(catalogue, {
      id: recordingId,
      storedFilename,
      checksum: sha256(bytes),
      filesizeBytes: bytes.length,
    });
    await writeFile(join(local, storedFilename), bytes);
    return recording;
  };
  return { service, add, catalogue, far, local, heard, book, faults };
}

it('sends audio and sidecar, reads them back, and says so in the ledger and in the recording', async () => {
  const { service, add, catalogue, far, heard } = await store();
  const [one, two] = [await add(), await add()];
  expect(await service.sync()).toEqual({ verified: 2, failed: 0, faults: [] });
  for (const { id, storedFilename, checksum } of [one, two]) {
    expect(sha256(await readFile(join(far, storedFilename)))).toBe(checksum);
    expect(JSON.parse(await readFile(join(far, `raw-${id}.json`), 'utf8'))).toMatchObject({ id, checksum });
    const now = await catalogue.recordings.find(id);
    expect(now?.sync).toEqual([{ target: 'nas', state: 'verified', verifiedAt: expect.any(String) }]);
    expect(now?.version).toBe(one.version);
  }
  const [report] = await service.targets();
  expect(report).toMatchObject({ name: 'nas', owedBytes: 0, copies: { verified: 2, owed: 0 }, fault: null });
  expect(heard.filter(({ state }) => state === 'verified')).toHaveLength(2);
  expect(await service.sync()).toEqual({ verified: 0, failed: 0, faults: [] });
});

it('sends what is said of a recording again when that has changed, and its audio only once', async () => {
  const { service, add, catalogue, far, heard } = await store();
  const { id } = await add();
  await service.sync();
  heard.length = 0;
  await catalogue.recordings.amend(id, { title: 'Told later' });
  expect(await service.sync()).toMatchObject({ verified: 1 });
  expect(heard.map(({ state }) => state)).toEqual(['verified']);
  expect(await readFile(join(far, `raw-${id}.json`), 'utf8')).toContain('Told later');
});

it('counts what arrived wrong for nothing, and sends it again', async () => {
  let isBad = true;
  const { service, add, catalogue } = await store(async (path) => {
    if (!isBad) return;
    const bytes = await readFile(path);
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    await writeFile(path, bytes);
  });
  const { id } = await add();
  expect(await service.sync()).toMatchObject({ verified: 0, failed: 1 });
  const [copy] = await service.list();
  expect(copy).toMatchObject({
    state: 'failed',
    attempts: 1,
    verifiedAt: null,
    error: { code: 'copy-mismatch' },
  });
  expect(copy?.nextTryAt).not.toBeNull();
  expect((await catalogue.recordings.find(id))?.sync[0]?.state).toBe('failed');
  isBad = false;
  expect(await service.retry()).toBe(1);
  expect(await service.sync()).toMatchObject({ verified: 1, failed: 0 });
  expect((await service.list())[0]).toMatchObject({ state: 'verified', attempts: 0, error: null });
});

it('overwrites nothing that it did not send, and takes over what is right', async () => {
  const { service, add, far, local } = await store();
  const [other, same] = [await add(), await add()];
  await writeFile(join(far, other.storedFilename), 'somebody else');
  await writeFile(join(far, same.storedFilename), await readFile(join(local, same.storedFilename)));
  expect(await service.sync()).toMatchObject({ verified: 1, failed: 1 });
  const [conflict] = await service.list({ state: 'conflict' });
  expect(conflict).toMatchObject({
    recordingId: other.id,
    nextTryAt: null,
    error: { code: 'copy-conflict' },
  });
  expect(await readFile(join(far, other.storedFilename), 'utf8')).toBe('somebody else');
});

it('sends no original that is damaged here', async () => {
  const { service, add, far, local } = await store();
  const { storedFilename } = await add();
  await writeFile(join(local, storedFilename), randomBytes(50_000));
  expect(await service.sync()).toMatchObject({ verified: 0, failed: 1 });
  expect((await service.list())[0]).toMatchObject({ state: 'failed', nextTryAt: null });
  expect(await readdir(far)).toEqual(['vrp-copies.json']);
});

it('sends nothing where another disk is, and goes on when the right one is back', async () => {
  const { service, add, far } = await store();
  await add();
  await rename(far, `${far}-right`);
  expect((await service.sync()).faults).toMatchObject([{ target: 'nas', code: 'target-missing' }]);
  await mkdir(far);
  expect((await service.sync()).faults).toMatchObject([{ target: 'nas', code: 'target-marker-missing' }]);
  expect(await readdir(far)).toEqual([]);
  expect((await service.targets())[0]?.fault?.code).toBe('target-marker-missing');
  await rm(far, { recursive: true });
  await rename(`${far}-right`, far);
  expect(await service.sync()).toEqual({ verified: 1, failed: 0, faults: [] });
  expect((await service.targets())[0]?.fault).toBeNull();
});

it('fetches the right bytes from a verified copy, and no others', async () => {
  const { service, add, far, local, faults } = await store();
  const recording = await add();
  expect(await service.fetch(recording)).toBeUndefined();
  await service.sync();
  const path = await service.fetch(recording);
  const kept = await readFile(join(local, recording.storedFilename));
  expect(await readFile(path ?? '')).toEqual(kept);
  await rm(path ?? '');
  await writeFile(join(far, recording.storedFilename), randomBytes(50_000));
  expect(await service.fetch(recording)).toBeUndefined();
  await rm(join(far, recording.storedFilename));
  expect(await service.fetch(recording)).toBeUndefined();
  expect(faults).toEqual(['copy-missing']);
});

it('reads old copies again, and sends what is not right any more once more', async () => {
  const { service, add, far, book } = await store();
  const [sound, bad, gone] = [await add(), await add(), await add()];
  await service.sync();
  await writeFile(join(far, bad.storedFilename), randomBytes(50_000));
  await rm(join(far, gone.storedFilename));
  const before = (await service.list()).map(({ verifiedAt }) => verifiedAt);
  const [target] = book.list();
  if (!target) throw new Error('There is no target.');
  const recheckBefore = toIsoUtc(systemClock.nowMs() + 1);
  expect((await service.round(target, { recheckBefore })).fault).toBeNull();
  const found = new Map((await service.list()).map((copy) => [copy.recordingId, copy]));
  expect(found.get(sound.id)).toMatchObject({ state: 'verified' });
  expect(before).not.toContain(found.get(sound.id)?.verifiedAt);
  expect(found.get(bad.id)?.error?.code).toBe('copy-mismatch');
  expect(found.get(gone.id)?.error?.code).toBe('copy-missing');
  expect(await service.sync()).toMatchObject({ verified: 2, failed: 0 });
  expect(sha256(await readFile(join(far, bad.storedFilename)))).toBe(bad.checksum);
});

it('forgets a target that was removed, in the recordings too', async () => {
  const { service, add, catalogue, book } = await store();
  const { id } = await add();
  await service.sync();
  const gone = book.remove('nas');
  await catalogue.copies.forget(gone);
  expect((await catalogue.recordings.find(id))?.sync).toEqual([]);
  expect(await service.targets()).toEqual([]);
});

it('tries a target out', async () => {
  const { service, far } = await store();
  const trials = await service.test('nas');
  expect(trials.map(({ step, error }) => [step, error])).toEqual(
    ['write', 'verify', 'list', 'remove'].map((step) => [step, null]),
  );
  expect(await readdir(far)).toEqual(['vrp-copies.json']);
});
