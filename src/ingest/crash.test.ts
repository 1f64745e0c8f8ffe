import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, type ScratchStore, scratchStore } from '../../test/scratch-store.ts';
import { sha256 } from '../../test/sha256.ts';
import { chunkOf } from '../../test/spool-desk.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { openMedia } from '../media/open-media.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import { sidecarKey, toSidecar } from '../model/sidecar.ts';
import { NOTHING_SAID } from '../model/upload.ts';
import { importFile } from './import-file.ts';
import type { ImportDesk } from './ingest-desk.ts';
import { adoptRecovered, ingestSpooled } from './ingest-spooled.ts';
import { recoverPlacing } from './recover-placing.ts';
import { Turns } from './turns.ts';

const media = openMedia();
afterAll(() => media.close());

// Steps of an upload: findReceipt, find, claim, place, activate. An import begins with its claim.
const AT_PLACE_OF_UPLOAD = 4;
const AT_ACTIVATION = 3;

const voice = (seed: number) => wavBytes(voiceSamples(0.2, 8000, seed), 8000);

/** Where in a step the process dies: before it does anything, or when it is done but nobody heard of it. */
type Moment = 'before' | 'after';

/** The desk of a process that dies at step `limit` of what it asks of disk, catalogue and spool. */
function dyingDesk(desk: ImportDesk, limit: number, moment: Moment): { desk: ImportDesk; steps: string[] } {
  const steps: string[] = [];
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    steps.push(name);
    const death = new VoiceRecorderError('internal', `The process died at step ${steps.length}, ${name}.`);
    if (steps.length > limit || (steps.length === limit && moment === 'before')) throw death;
    const result = await work();
    if (steps.length === limit) throw death;
    return result;
  };
  const dying = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name: string & keyof T) {
        const value: unknown = object[name];
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) =>
          step(name, () => (value as (...args: unknown[]) => Promise<unknown>).apply(object, args));
      },
    });
  return {
    steps,
    desk: {
      ...desk,
      turns: new Turns(),
      blobs: dying(desk.blobs),
      recordings: dying(desk.recordings),
      discardSpooled: (id) => step('discardSpooled', () => desk.discardSpooled(id)),
    },
  };
}

const afterStart = (desk: ImportDesk): ImportDesk => ({ ...desk, turns: new Turns() });

/** Each audio file is catalogued once, has its sidecar, and nothing else lies in `raw/`. */
async function expectWhole(store: ScratchStore): Promise<void> {
  expect(await store.catalogue.recordings.listPlacing()).toEqual([]);
  const all = await store.all();
  expect(new Set(all.map(({ checksum }) => checksum)).size).toBe(all.length);
  const names = all.flatMap(({ storedFilename }) => [storedFilename, sidecarKey(storedFilename)]);
  expect(await store.files('raw')).toEqual(names.sort());
  for (const recording of all) {
    expect(recording.status).toBe('active');
    expect(sha256(await readFile(join(store.root, recording.storedFilename)))).toBe(recording.checksum);
    const sidecar = await readJson(join(store.root, sidecarKey(recording.storedFilename)));
    expect(sidecar['checksum']).toBe(recording.checksum);
    if (recording.version === 1) expect(sidecar).toEqual(toSidecar(recording));
  }
}

/** Lets the process die at every step in turn, each time over bytes of their own. Resolves to the number of steps. */
async function dieEverywhere(
  moment: Moment,
  act: (seed: number, die: (desk: ImportDesk) => ImportDesk) => Promise<boolean>,
): Promise<number> {
  for (let limit = 1; ; limit++) {
    let steps: string[] = [];
    const isDone = await act(limit, (desk) => {
      const dying = dyingDesk(desk, limit, moment);
      steps = dying.steps;
      return dying.desk;
    });
    if (isDone && steps.length < limit) return steps.length;
  }
}

describe.each(['before', 'after'] as const)('a process that dies %s any step', (moment) => {
  it('of an import leaves it whole or not done, and doing it again completes it', async () => {
    await using store = await scratchStore(media);
    const steps = await dieEverywhere(moment, async (seed, die) => {
      const path = join(store.inbox, `${seed}.wav`);
      await writeFile(path, voice(seed));
      const outcome = await importFile(die(store.desk), path);
      const report = await recoverPlacing(afterStart(store.desk));
      expect(report.failed).toEqual([]);
      await expectWhole(store);
      const isThere = (await store.all()).some(({ checksum }) => checksum === sha256(voice(seed)));
      if (outcome.status === 'stored') expect(isThere).toBe(true);
      const again = await importFile(afterStart(store.desk), path);
      expect(again.status).toBe(isThere ? 'duplicate' : 'stored');
      expect(await store.all()).toHaveLength(seed);
      await expectWhole(store);
      return outcome.status === 'stored';
    });
    expect(steps).toBeGreaterThanOrEqual(4);
  });

  it('of a move never loses the bytes', async () => {
    await using store = await scratchStore(media);
    await dieEverywhere(moment, async (seed, die) => {
      const path = join(store.inbox, `${seed}.wav`);
      await writeFile(path, voice(seed));
      const outcome = await importFile(die(store.desk), path, { isMove: true });
      await recoverPlacing(afterStart(store.desk));
      await expectWhole(store);
      const isStored = (await store.all()).some(({ checksum }) => checksum === sha256(voice(seed)));
      expect(isStored || (await isThere(path))).toBe(true);
      return outcome.status === 'stored' && outcome.error === undefined;
    });
  });

  it('of a healing leaves both copies safe, and doing it again heals', async () => {
    await using store = await scratchStore(media);
    await dieEverywhere(moment, async (seed, die) => {
      const path = join(store.inbox, `${seed}.wav`);
      await writeFile(path, voice(seed));
      const { id = '' } = await importFile(afterStart(store.desk), path);
      await store.catalogue.recordings.trash(id);
      const { storedFilename } = (await store.catalogue.recordings.find(id))!;
      await writeFile(store.blobs.localPath(storedFilename), 'rotten');
      const outcome = await importFile(die(store.desk), path, { title: 'Another name' });
      await recoverPlacing(afterStart(store.desk));
      expect(await readFile(path)).toEqual(voice(seed));
      await importFile(afterStart(store.desk), path, { title: 'Another name' });
      const healed = (await store.catalogue.recordings.find(id))!;
      expect(healed.status).toBe('active');
      expect(healed.aliases).toHaveLength(1);
      expect(await readFile(store.blobs.localPath(storedFilename))).toEqual(voice(seed));
      const aside = await readFile(join(store.root, 'quarantine', storedFilename), 'utf8');
      expect(aside).toBe('rotten');
      return outcome.status === 'duplicate';
    });
  });

  it('of the completion of a take that was adopted leaves the whole one alone in the library', async () => {
    await using store = await scratchStore(media);
    await dieEverywhere(moment, async (seed, die) => {
      const whole = voice(seed);
      const { id } = await store.uploads.create({ ...wishOf('take.wav'), kind: 'take' }, whole.length);
      await store.uploads.append(id, chunkOf(0, whole.subarray(0, 3000)));
      const part = await spoolFolder(store, newId(Date.now()), whole.subarray(0, 3000));
      const recovered = await adoptRecovered(afterStart(store.desk), part, id);
      // As adoption notes it down; the process that completes the take reads it from there.
      const infoPath = join(store.desk.spoolPath, id, 'info.json');
      const adoption = { sizeBytes: 3000, recordingId: recovered.recordingId };
      await writeFile(infoPath, JSON.stringify({ ...(await readJson(infoPath)), adoption }));
      const take = await spoolFolder(store, id, whole);
      const spooled = { ...take, supersedes: recovered.recordingId };
      const isDone = await ingestSpooled(die(store.desk), spooled).then(
        () => true,
        () => false,
      );
      expect((await recoverPlacing(afterStart(store.desk))).failed).toEqual([]);
      // What the recovery of the spool does with a whole upload that has no receipt yet.
      if ((await store.catalogue.recordings.findReceipt(id)) === undefined)
        await ingestSpooled(afterStart(store.desk), spooled);
      expect(await store.catalogue.recordings.find(id)).toMatchObject({ status: 'active' });
      const aside = (await store.catalogue.recordings.find(recovered.recordingId))!;
      expect(aside.status).toBe('trashed');
      expect(await readFile(store.blobs.localPath(aside.storedFilename))).toEqual(whole.subarray(0, 3000));
      expect(aside.storedFilename).toMatch(/^quarantine\//);
      return isDone;
    });
  });

  it('of a recovery leaves what the next one finishes', async () => {
    await using store = await scratchStore(media);
    await dieEverywhere(moment, async (seed, die) => {
      // Died once already, when the audio had just appeared.
      const path = join(store.inbox, `${seed}.wav`);
      await writeFile(path, voice(seed));
      await importFile(dyingDesk(store.desk, AT_ACTIVATION, 'before').desk, path);
      expect(await store.catalogue.recordings.listPlacing()).toHaveLength(1);
      const isDone = await recoverPlacing(die(store.desk)).then(
        ({ activated }) => activated.length === 1,
        () => false,
      );
      await recoverPlacing(afterStart(store.desk));
      await expectWhole(store);
      expect(await store.all()).toHaveLength(seed);
      return isDone;
    });
  });
});

describe('recovery of placing', () => {
  it('goes on with bytes that are still in the spool', async () => {
    await using store = await scratchStore(media);
    const path = join(store.inbox, 'x.wav');
    await writeFile(path, voice(1));
    const spooled = await store.uploads.copyIn(path, wishOf('x.wav'));
    await expect(
      ingestSpooled(dyingDesk(store.desk, AT_PLACE_OF_UPLOAD, 'before').desk, spooled),
    ).rejects.toThrow('died');
    expect(await recoverPlacing(afterStart(store.desk))).toEqual({
      activated: [spooled.id],
      abandoned: [],
      failed: [],
    });
    await expectWhole(store);
    expect(await store.catalogue.recordings.findReceipt(spooled.id)).toMatchObject({
      recordingId: spooled.id,
    });
  });

  it('puts wrong bytes at the place into quarantine', async () => {
    await using store = await scratchStore(media);
    const path = join(store.inbox, 'x.wav');
    await writeFile(path, voice(2));
    await importFile(dyingDesk(store.desk, AT_ACTIVATION, 'before').desk, path);
    const [claimed] = await store.catalogue.recordings.listPlacing();
    await writeFile(store.blobs.localPath(claimed!.storedFilename), 'half of it');
    expect((await recoverPlacing(afterStart(store.desk))).abandoned).toEqual([
      { id: claimed!.id, filename: 'x.wav' },
    ]);
    expect(await store.files('raw')).toEqual([]);
    expect(await readFile(join(store.root, 'quarantine', claimed!.storedFilename), 'utf8')).toBe(
      'half of it',
    );
  });

  it('is done by a newcomer with the same bytes, when the claim was left in this very run', async () => {
    await using store = await scratchStore(media);
    const path = join(store.inbox, 'x.wav');
    await writeFile(path, voice(3));
    await importFile(dyingDesk(store.desk, AT_ACTIVATION, 'before').desk, path);
    const [claimed] = await store.catalogue.recordings.listPlacing();
    expect(await importFile(store.desk, path)).toMatchObject({ status: 'duplicate', id: claimed!.id });
    await expectWhole(store);
  });

  it('goes on with the others when one cannot be settled', async () => {
    await using store = await scratchStore(media);
    for (const seed of [4, 5]) {
      const path = join(store.inbox, `${seed}.wav`);
      await writeFile(path, voice(seed));
      await importFile(dyingDesk(store.desk, AT_ACTIVATION, 'before').desk, path);
    }
    const [first, second] = await store.catalogue.recordings.listPlacing();
    const refusing = new Proxy(store.blobs, {
      get: (blobs, name: string & keyof typeof store.blobs) => {
        if (name !== 'stat') return blobs[name].bind(blobs);
        return (key: string) =>
          key === first!.storedFilename
            ? Promise.reject(new VoiceRecorderError('storage-failed', 'The disk does not answer.'))
            : blobs.stat(key);
      },
    });
    const report = await recoverPlacing({ ...afterStart(store.desk), blobs: refusing });
    expect(report.activated).toEqual([second!.id]);
    expect(report.failed).toMatchObject([{ id: first!.id, code: 'storage-failed' }]);
  });
});

async function spoolFolder(store: ScratchStore, id: string, bytes: Buffer) {
  const folder = join(store.desk.spoolPath, id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'data'), bytes);
  return {
    id,
    path: join(folder, 'data'),
    sizeBytes: bytes.length,
    checksum: sha256(bytes),
    createdAt: '2026-11-22T21:32:05.123Z',
    wish: { ...wishOf('take.wav'), kind: 'take' as const },
  };
}

function wishOf(filename: string) {
  return {
    ...NOTHING_SAID,
    kind: 'file',
    filename,
    notes: newId(0),
  } as const;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
