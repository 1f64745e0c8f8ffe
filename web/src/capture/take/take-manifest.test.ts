import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createManifestKeeper,
  type ManifestSlots,
  newSegmentEntry,
  type TakeManifest,
  untoldDetails,
} from './take-manifest.ts';

function manifestNamed(title: string): TakeManifest {
  return {
    takeId: '019ab000-0000-7000-8000-000000000000',
    title,
    tags: ['a, b'],
    notes: 'Ä\n',
    startedAt: '2026-11-22T21:32:05.000Z',
    zone: 'Europe/Berlin',
    presetId: 'voice',
    phase: 'recording',
    touchedAt: '2026-11-22T21:32:05.000Z',
    segments: [newSegmentEntry(0, '2026-11-22T21:32:05.000Z')],
    markers: [],
  };
}

/** Two slots in memory; `tear` makes the next write stop after so many characters, as a killed tab does. */
function memorySlots() {
  const texts: (string | undefined)[] = [undefined, undefined];
  let tearAt: number | null = null;
  const slots: ManifestSlots = {
    read: async (slot) => texts[slot],
    async write(slot, text) {
      const cut = tearAt;
      tearAt = null;
      texts[slot] = cut === null ? text : text.slice(0, cut);
      if (cut !== null) throw new Error('The tab was killed.');
    },
  };
  return {
    slots,
    texts,
    tear(at: number) {
      tearAt = at;
    },
  };
}

describe('the manifest of a take', () => {
  it('comes back as it was last saved, also in the next visit', async () => {
    const { slots } = memorySlots();
    const keeper = createManifestKeeper(slots);
    for (const title of ['one', 'two', 'three']) await keeper.save(manifestNamed(title));
    expect(await createManifestKeeper(slots).load()).toEqual(manifestNamed('three'));
  });

  it('is the one before when the last write was torn anywhere', async () => {
    const whole = memorySlots();
    await createManifestKeeper(whole.slots).save(manifestNamed('second'));
    const length = whole.texts[1]?.length ?? 0;
    for (let at = 0; at < length; at += 13) {
      const torn = memorySlots();
      const keeper = createManifestKeeper(torn.slots);
      await keeper.save(manifestNamed('first'));
      torn.tear(at);
      await expect(keeper.save(manifestNamed('second'))).rejects.toThrow('killed');
      expect(await createManifestKeeper(torn.slots).load()).toEqual(manifestNamed('first'));
    }
  });

  it('survives a second torn write, and is saved after it', async () => {
    const { slots, tear } = memorySlots();
    const keeper = createManifestKeeper(slots);
    await keeper.save(manifestNamed('first'));
    for (let i = 0; i < 2; i++) {
      tear(40);
      await expect(keeper.save(manifestNamed('lost'))).rejects.toThrow('killed');
      expect((await createManifestKeeper(slots).load())?.title).toBe('first');
    }
    await keeper.save(manifestNamed('later'));
    expect((await createManifestKeeper(slots).load())?.title).toBe('later');
  });

  it('goes on counting after a reload', async () => {
    const { slots } = memorySlots();
    const before = createManifestKeeper(slots);
    for (const title of ['one', 'two', 'three']) await before.save(manifestNamed(title));
    const after = createManifestKeeper(slots);
    await after.load();
    await after.save(manifestNamed('four'));
    expect((await createManifestKeeper(slots).load())?.title).toBe('four');
  });

  it('is not taken from a slot whose bytes have changed', async () => {
    const { slots, texts } = memorySlots();
    const keeper = createManifestKeeper(slots);
    await keeper.save(manifestNamed('first'));
    await keeper.save(manifestNamed('second'));
    texts[0] = texts[0]?.replace('second', 'sacond');
    expect((await createManifestKeeper(slots).load())?.title).toBe('first');
  });

  it('is missing when there is none', async () => {
    expect(await createManifestKeeper(memorySlots().slots).load()).toBeUndefined();
  });
});

describe('a manifest of an earlier version of the page', () => {
  // As version 0.1.0 wrote it, with its checksum: a browser may come back with it after years.
  const text = `{"takeId":"019ab000-0000-7000-8000-000000000000","title":"Küche","tags":["a, b"],"notes":"","startedAt":"2026-11-22T21:32:05.000Z","zone":"Europe/Berlin","presetId":"voice","phase":"recording","touchedAt":"2026-11-22T21:32:35.000Z","segments":[{"segment":0,"filename":"segment-0.ogg","startedAt":"2026-11-22T21:32:05.000Z","uploadUrl":"http://127.0.0.1:8420/api/uploads/019ab000-0000-7000-8000-000000000001","isComplete":true,"sizeBytes":812345,"sha256":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","durationSeconds":99.5,"isSent":false,"recordingId":null,"told":{"title":"Küche","tags":[],"notes":""},"refusal":null}]}`;

  it('is read with everything it says, and what was added since has its default', async () => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const { slots, texts } = memorySlots();
    texts[1] = `{"sequence":7,"sha256":"${sha256}","manifest":${text}}`;
    const manifest = await createManifestKeeper(slots).load();
    const before = JSON.parse(text);
    expect(manifest).toMatchObject(before);
    expect(manifest?.segments[0]).toEqual({
      ...newSegmentEntry(0, before.startedAt),
      ...before.segments[0],
    });
    expect(manifest?.segments[0]).toMatchObject({ gapBefore: null, endedAt: null, hasClockChanged: false });
  });

  it('keeps what a later version wrote when an earlier one saves it again', async () => {
    const { slots } = memorySlots();
    const later = { ...manifestNamed('x'), laterField: { a: 1 } };
    await createManifestKeeper(slots).save(later);
    const keeper = createManifestKeeper(slots);
    const loaded = await keeper.load();
    await keeper.save({ ...loaded!, title: 'y' });
    expect(await createManifestKeeper(slots).load()).toMatchObject({ title: 'y', laterField: { a: 1 } });
  });
});

describe('what the server was not told', () => {
  const take = { title: 'T', tags: ['x'], notes: '' };

  it('is everything before an upload was created', () => {
    expect(untoldDetails(take, null)).toEqual(take);
  });

  it('is only what differs', () => {
    expect(untoldDetails(take, { ...take, tags: ['x'] })).toEqual({});
    expect(untoldDetails({ ...take, notes: 'n' }, take)).toEqual({ notes: 'n' });
    expect(untoldDetails({ ...take, tags: [] }, take)).toEqual({ tags: [] });
  });
});
