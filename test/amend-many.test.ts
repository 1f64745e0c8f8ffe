import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecorderEvent } from '../src/model/recorder-event.ts';
import type { Recording } from '../src/model/recording.ts';
import { sidecarKey } from '../src/model/sidecar.ts';
import { openVoiceRecorder } from '../src/open.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { voiceSamples, writeWav } from './voice-wav.ts';

/* One change to many recordings, in the whole house: rows, sidecars, events and histories say the same. */

let home = '';
let recorder: VoiceRecorder;
const ids: string[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-many-'));
  recorder = await openVoiceRecorder({
    environment: 'testing',
    overrides: { dataDir: join(home, 'data'), stateDir: join(home, 'state') },
    runsJobs: false,
  });
  for (let n = 0; n < 12; n++) {
    const path = join(home, `Talk ${n}.wav`);
    writeWav(path, voiceSamples(0.1, 8_000, n), 8_000);
    const { id = '' } = await recorder.library.importFile(path, { tags: [`n${n}`] });
    ids.push(id);
  }
}, 60_000);

afterAll(async () => {
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

const all = async () => (await recorder.library.list({ order: 'oldest' })).items;

async function sidecarOf({ storedFilename }: Recording): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(recorder.dataDir, sidecarKey(storedFilename)), 'utf8'));
}

describe('many recordings', () => {
  it('are amended together, each with what it has besides, and told of', async () => {
    const heard: RecorderEvent[] = [];
    const end = recorder.subscribe((event) => heard.push(event));
    const targets = (await all()).map(({ id, version }) => ({ id, expectedVersion: version }));
    const changed = await recorder.library.amendAll(
      targets,
      { addTags: ['heard', 'N3'], removeTags: ['n4'], addCollections: ['Talks'] },
      'anna',
    );
    end();
    expect(changed).toHaveLength(12);
    expect((await all()).map(({ tags, version }) => [tags, version])).toEqual(
      ids.map((_, n) => [
        n === 4 ? ['heard', 'N3'] : n === 3 ? ['n3', 'heard'] : [`n${n}`, 'heard', 'N3'],
        2,
      ]),
    );
    expect(heard.map((event) => event.type === 'recording-changed' && event.recording.id)).toEqual(ids);
    expect(await recorder.library.collections()).toEqual([{ collection: 'Talks', count: 12 }]);
    await expect
      .poll(async () => (await sidecarOf((await all())[7] as Recording))['metadataVersion'])
      .toBe(2);
    expect((await sidecarOf((await all())[7] as Recording))['history']).toMatchObject([
      { version: 2, by: 'anna', before: { tags: ['n7'], collections: [] } },
    ]);
  });

  it('stay as they are, all of them, when one was changed meanwhile or is not there', async () => {
    const before = await all();
    const targets = before.map(({ id, version }) => ({ id, expectedVersion: version }));
    const stale = targets.with(-1, { id: ids[11] ?? '', expectedVersion: 1 });
    await expect(recorder.library.amendAll(stale, { title: 'X' })).rejects.toMatchObject({
      code: 'version-conflict',
      message: expect.stringContaining(ids[11] ?? ''),
    });
    const unknown = [...targets, { id: '01a20710-0000-7000-8000-000000000000' }];
    await expect(recorder.library.amendAll(unknown, { title: 'X' })).rejects.toMatchObject({
      code: 'recording-unknown',
    });
    const wrong = { addTags: Array.from({ length: 50 }, (_, n) => `t${n}`) };
    await expect(recorder.library.amendAll(targets, wrong)).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await all()).toEqual(before);
  });

  it('are named once each, and not more than five hundred', async () => {
    const id = ids[0] ?? '';
    const tooMany = Array.from({ length: 501 }, (_, n) => ({ id: `${n}` }));
    for (const targets of [[], [{ id }, { id }], tooMany]) {
      await expect(recorder.library.amendAll(targets, { title: 'X' })).rejects.toMatchObject({
        code: 'invalid-input',
      });
    }
  });

  it('leave a collection that is renamed or removed with sidecars that agree', async () => {
    const { library } = recorder;
    expect(await library.renameCollection('talks', 'Speeches', 'anna')).toBe(12);
    expect((await library.list({ collection: 'Speeches' })).items).toHaveLength(12);
    expect(await library.removeCollection('speeches')).toBe(12);
    expect(await library.collections()).toEqual([]);
    const { items } = await library.history(ids[5] ?? '');
    expect(items.map(({ version, by, after }) => [version, by, after.collections])).toEqual([
      [4, 'owner', []],
      [3, 'anna', ['Speeches']],
      [2, 'anna', ['Talks']],
    ]);
    // Catalogue and files are compared, word by word.
    const report = await recorder.verification.reconcile();
    expect(report).toMatchObject({ adopted: 0, missing: 0, failed: [] });
    expect((await recorder.verification.reconcile()).sidecarsRewritten).toBe(0);
    const [recording] = await all();
    expect((await sidecarOf(recording as Recording))['history']).toHaveLength(3);
  });
});
