import { describe, expect, it } from 'vitest';
import { addRecording, type ScratchCatalogue, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import type { Sidecar } from '../model/sidecar.ts';
import { SidecarWriter } from './sidecar-writer.ts';

/** A document store in memory that notices two writers at one key. */
function documents() {
  const kept = new Map<string, Sidecar>();
  const writes: string[] = [];
  const open = new Set<string>();
  const refused = new Set<string>();
  let refusalsLeft = 0;
  return {
    kept,
    writes,
    /** The next so many documents, as often as they come, until it relents. */
    refuse: (count: number) => {
      refusalsLeft = count;
    },
    relent: () => refused.clear(),
    putDocument: async (key: string, content: string) => {
      if (open.has(key)) throw new Error(`two writers at ${key}`);
      open.add(key);
      await new Promise((resolve) => setTimeout(resolve, 2));
      open.delete(key);
      if (refusalsLeft > 0 && !refused.has(key)) {
        refusalsLeft--;
        refused.add(key);
      }
      if (refused.has(key)) throw new Error('the disk refused');
      kept.set(key, JSON.parse(content) as Sidecar);
      writes.push(`${key} ${kept.get(key)?.metadataVersion}`);
    },
  };
}

function writerOn(catalogue: ScratchCatalogue, store: ReturnType<typeof documents>) {
  const failures: string[] = [];
  const onFailure = (id: string) => failures.push(id);
  const writer = new SidecarWriter({ outbox: catalogue.outbox, putDocument: store.putDocument, onFailure });
  return { writer, failures };
}

describe('flush', () => {
  it('writes what the recording says beside its audio and owes it no longer', async () => {
    await using catalogue = await scratchCatalogue();
    const store = documents();
    const { writer } = writerOn(catalogue, store);
    const recording = await addRecording(catalogue, { title: 'Äpfel' });
    await writer.flush(recording.id);
    const { version, ...rest } = recording;
    expect(store.kept.get(recording.storedFilename.replace('.wav', '.json'))).toEqual({
      format: 'voice-recorder-pro/sidecar',
      formatVersion: 1,
      metadataVersion: version,
      ...rest,
      history: [],
    });
    expect(await catalogue.outbox.listOwed('', 10)).toEqual([]);
    await writer.flush(recording.id);
    expect(store.writes).toHaveLength(1);
  });

  it('has one writer at a time for a recording, and the newest version on disk for each who waits', async () => {
    await using catalogue = await scratchCatalogue();
    const store = documents();
    const { writer } = writerOn(catalogue, store);
    const { id, storedFilename } = await addRecording(catalogue);
    const key = storedFilename.replace('.wav', '.json');
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const amended = await catalogue.recordings.amend(id, { title: `Title ${i}` });
        await writer.flush(id);
        expect(store.kept.get(key)?.metadataVersion).toBeGreaterThanOrEqual(amended.version);
      }),
    );
    expect(store.kept.get(key)?.metadataVersion).toBe(21);
    expect(await catalogue.outbox.listOwed('', 10)).toEqual([]);
  });

  it('keeps the entry of a version that came while an older one was written', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    await catalogue.recordings.amend(id, { title: 'newer' });
    await catalogue.outbox.settle(id, 1);
    expect((await catalogue.outbox.findOwed(id))?.recording.version).toBe(2);
    await catalogue.outbox.settle(id, 2);
    expect(await catalogue.outbox.findOwed(id)).toBeUndefined();
  });

  it('rejects when the disk refuses, and writes it later by itself', async () => {
    await using catalogue = await scratchCatalogue();
    const store = documents();
    const { writer, failures } = writerOn(catalogue, store);
    const { id } = await addRecording(catalogue);
    store.refuse(1);
    await expect(writer.flush(id)).rejects.toThrow('the disk refused');
    expect(failures).toContain(id);
    expect(await catalogue.outbox.listOwed('', 10)).toEqual([id]);
    store.relent();
    await expect.poll(() => store.writes.length).toBe(1);
    await writer.close();
    expect(await catalogue.outbox.listOwed('', 10)).toEqual([]);
  });

  it('may not be waited for inside a write session', async () => {
    await using catalogue = await scratchCatalogue();
    const { writer } = writerOn(catalogue, documents());
    const { id } = await addRecording(catalogue);
    const session = catalogue.contexts.withSession({}, async () => writer.flush(id));
    await expect(session).rejects.toMatchObject({ code: 'session-write-boundary' });
  });
});

describe('drain', () => {
  it('writes everything that is owed, what an earlier run left behind included', async () => {
    await using catalogue = await scratchCatalogue();
    const store = documents();
    const recordings = await Promise.all(Array.from({ length: 450 }, () => addRecording(catalogue)));
    const later = await catalogue.reopen();
    const { writer } = writerOn(later, store);
    await writer.drain();
    expect(store.kept.size).toBe(recordings.length);
    expect(await later.outbox.listOwed('', 1)).toEqual([]);
    await later.close();
  });

  it('goes on with the others when some fail', async () => {
    await using catalogue = await scratchCatalogue();
    const store = documents();
    const { writer, failures } = writerOn(catalogue, store);
    await Promise.all(Array.from({ length: 20 }, () => addRecording(catalogue)));
    store.refuse(3);
    await writer.drain();
    await writer.close();
    expect(store.kept.size).toBe(17);
    const owed = await catalogue.outbox.listOwed('', 20);
    expect(owed).toHaveLength(3);
    expect(new Set(failures)).toEqual(new Set(owed));
  });
});
