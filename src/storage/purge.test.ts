import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ScratchStore, scratchStore } from '../../test/scratch-store.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { SidecarWriter } from '../catalogue/sidecar-writer.ts';
import { importFile } from '../ingest/import-file.ts';
import { openMedia } from '../media/open-media.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { readTombstone } from '../model/tombstone.ts';
import { finishPurges, type PurgeDesk, purgeRecording } from './purge.ts';

const media = openMedia();
afterAll(() => media.close());

async function keep(store: ScratchStore, seed = 1): Promise<string> {
  const path = join(store.inbox, `voice-${seed}.wav`);
  await writeFile(path, wavBytes(voiceSamples(0.4, 8000, seed), 8000));
  const outcome = await importFile(store.desk, path, { tags: ['harbour'] });
  return outcome.id ?? '';
}

function deskOf(store: ScratchStore, purged: string[] = [], removed: string[] = []): PurgeDesk {
  const sidecars = new SidecarWriter({
    outbox: store.catalogue.outbox,
    putDocument: (key, content) => store.blobs.putDocument(key, content),
  });
  return {
    tombstones: store.catalogue.tombstones,
    blobs: store.blobs,
    inTurn: (id, work) => store.desk.turns.take(id, work),
    settleSidecar: (id) => sidecars.flush(id),
    removeDerived: async (id) => {
      removed.push(id);
      return 7;
    },
    onDiskFull: async () => undefined,
    onPurged: (id) => purged.push(id),
    log: () => undefined,
  };
}

/** Does `limit` steps, then nothing any more, as a process that died. */
function dyingAfter(limit: number, desk: PurgeDesk): { desk: PurgeDesk; steps: string[] } {
  const steps: string[] = [];
  const dying = <Part extends object>(part: Part, names: readonly string[]): Part =>
    new Proxy(part, {
      get: (target, name: string) => {
        const value = (target as Record<string, unknown>)[name];
        if (typeof value !== 'function' || !names.includes(name)) return value;
        return async (...args: unknown[]) => {
          if (steps.length >= limit) throw new VoiceRecorderError('storage-failed', 'The process has died.');
          steps.push(name);
          return (await value.apply(target, args)) as unknown;
        };
      },
    });
  return {
    steps,
    desk: {
      ...desk,
      removeDerived: dying(desk, ['removeDerived']).removeDerived,
      tombstones: dying(desk.tombstones, ['bury', 'finish']),
      blobs: dying(desk.blobs, ['putDocument', 'remove', 'removeDocument']),
    },
  };
}

const audioFiles = async (store: ScratchStore) => store.files('raw');

describe('purging', () => {
  it('leaves nothing of a recording but its tombstone, in catalogue and store', async () => {
    await using store = await scratchStore(media);
    const id = await keep(store);
    const other = await keep(store, 2);
    const before = await store.catalogue.recordings.find(id);
    const purged: string[] = [];
    const removed: string[] = [];
    const outcome = await purgeRecording(deskOf(store, purged, removed), id);
    expect(outcome).toMatchObject({ id, title: before?.title, checksum: before?.checksum });
    expect(outcome.freedBytes).toBe((before?.filesizeBytes ?? 0) + 7);
    expect(purged).toEqual([id]);
    expect(removed).toEqual([id]);
    expect(await store.catalogue.recordings.find(id)).toBeUndefined();
    expect((await store.catalogue.recordings.list({ query: 'voice-1' })).items).toEqual([]);
    expect((await store.catalogue.recordings.list({ tag: 'harbour' })).items.map((one) => one.id)).toEqual([
      other,
    ]);
    expect(await store.catalogue.recordings.tags()).toEqual([{ tag: 'harbour', count: 1 }]);
    expect((await audioFiles(store)).every((name) => name.includes(other))).toBe(true);
    const file = await readFile(join(store.root, 'tombstones', `${id}.json`), 'utf8');
    expect(readTombstone(file)).toEqual({ id, checksum: before?.checksum, purgedAt: outcome.purgedAt });
    expect(await store.catalogue.tombstones.find(id)).toEqual(readTombstone(file));
    expect(await store.catalogue.tombstones.listUnfinished()).toEqual([]);
  });

  it('refuses a recording that is not there, or was changed since somebody looked', async () => {
    await using store = await scratchStore(media);
    const id = await keep(store);
    await store.catalogue.recordings.amend(id, { title: 'Kept after all' });
    await expect(purgeRecording(deskOf(store), id, { expectedVersion: 1 })).rejects.toMatchObject({
      code: 'version-conflict',
    });
    expect(await store.catalogue.recordings.find(id)).toBeDefined();
    await purgeRecording(deskOf(store), id);
    await expect(purgeRecording(deskOf(store), id)).rejects.toMatchObject({ code: 'recording-unknown' });
  });

  it('lets the same bytes come in again, as another recording', async () => {
    await using store = await scratchStore(media);
    const id = await keep(store);
    await purgeRecording(deskOf(store), id);
    const again = await keep(store);
    expect(again).not.toBe(id);
    expect(await store.catalogue.recordings.find(again)).toMatchObject({ status: 'active' });
  });

  it('makes a new recording of a duplicate that came while the first one was purged', async () => {
    await using store = await scratchStore(media);
    const id = await keep(store);
    const desk = deskOf(store);
    const [, again] = await Promise.all([purgeRecording(desk, id), keep(store)]);
    const found = (await store.all()).map((one) => one.id);
    // Either it came before and went too, or after and is another one; never a row without its file.
    expect(found).toEqual(again === id ? [] : [again]);
    expect((await audioFiles(store)).filter((name) => name.endsWith('.wav'))).toHaveLength(found.length);
  });

  it('takes what lies in quarantine too when it is told so', async () => {
    await using store = await scratchStore(media);
    const [kept, gone] = [await keep(store, 1), await keep(store, 2)];
    for (const id of [kept, gone]) {
      const key = (await store.catalogue.recordings.find(id))?.storedFilename ?? '';
      const bytes = await readFile(join(store.root, key));
      await store.blobs.quarantine(key, 'For the test.');
      await writeFile(join(store.root, key), bytes);
    }
    await purgeRecording(deskOf(store), kept);
    await purgeRecording(deskOf(store), gone, { isEverywhere: true });
    const quarantined = await store.files('quarantine');
    expect(quarantined.length).toBe(2);
    expect(quarantined.every((name) => name.includes(kept))).toBe(true);
  });

  it('is finished by the next start, whichever step was the last one', async () => {
    for (let limit = 0; ; limit++) {
      await using store = await scratchStore(media);
      const id = await keep(store);
      const { desk, steps } = dyingAfter(limit, deskOf(store));
      const isDone = await purgeRecording(desk, id).then(
        () => true,
        () => false,
      );
      const isThere = (await store.catalogue.recordings.find(id)) !== undefined;
      // The catalogue's word is the commit: before it nothing has happened, after it everything will.
      expect(isThere, steps.join()).toBe(limit === 0);
      const next = await store.reopen();
      await finishPurges(deskOf(next));
      expect((await audioFiles(next)).length, steps.join()).toBe(isThere ? 2 : 0);
      expect(await next.files('tombstones')).toEqual(isThere ? [] : [`tombstones/${id}.json`]);
      expect(await next.catalogue.tombstones.listUnfinished()).toEqual([]);
      if (!isDone) continue;
      expect(steps).toEqual([
        'bury',
        'putDocument',
        'remove',
        'removeDocument',
        'removeDerived',
        'putDocument',
        'finish',
      ]);
      return;
    }
  });

  it('removes the audio first where a full disk has no room for the tombstone', async () => {
    await using store = await scratchStore(media);
    const id = await keep(store);
    let isFull = true;
    const blobs: PurgeDesk['blobs'] = {
      removeDocument: (key) => store.blobs.removeDocument(key),
      quarantinedOf: async () => [],
      remove: async (key) => {
        isFull = false;
        return await store.blobs.remove(key);
      },
      putDocument: async (key, content) => {
        if (isFull) throw new VoiceRecorderError('disk-full', 'No room.');
        await store.blobs.putDocument(key, content);
      },
    };
    await purgeRecording({ ...deskOf(store), blobs }, id);
    expect(await audioFiles(store)).toEqual([]);
    expect(await store.files('tombstones')).toHaveLength(1);
  });
});
