import { mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey } from '../model/sidecar.ts';
import type { ReconcileProgress } from '../model/verification.ts';
import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';

let home: string;
let rounds = 0;
let recorder: VoiceRecorder;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-reconcile-'));
  recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: join(home, 'store'),
    overrides: { stateDir: join(home, 'state') },
    runsJobs: false,
    aroundLongWork: (work) => {
      rounds += 1;
      return work();
    },
  });
});
afterAll(async () => {
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

let kept = 0;
async function keep(): Promise<Recording> {
  kept += 1;
  const path = join(home, `${kept}.wav`);
  // Each another length: the same bytes would be one recording.
  await writeFile(path, makeWav({ seconds: 0.2 + kept / 100 }));
  return await now((await recorder.library.importFile(path)).id ?? '');
}

async function now(id: string): Promise<Recording> {
  const found = await recorder.library.find(id);
  if (!found) throw new Error(`no recording ${id}`);
  return found;
}

const inStore = (key: string) => join(home, 'store', key);
const NOTHING = { adopted: 0, missing: 0, sidecarsRewritten: 0, failed: [] };

describe('comparing catalogue, files and sidecars', () => {
  it('finds nothing to do where they agree, also after checks', async () => {
    const { id } = await keep();
    await recorder.library.amend(id, { title: 'Amended' });
    await recorder.verification.verify(id);
    expect(await recorder.verification.reconcile()).toEqual(NOTHING);
  });

  it('lets the program see to its memory meanwhile, once for all who wait', async () => {
    const before = rounds;
    const { verification } = recorder;
    expect(await Promise.all([verification.reconcile(), verification.reconcile()])).toEqual([
      NOTHING,
      NOTHING,
    ]);
    expect(rounds - before).toBe(1);
  });

  it('says how far it is, to the end', async () => {
    await keep();
    const told: ReconcileProgress[] = [];
    await recorder.verification.reconcile({ onProgress: (progress) => told.push(progress) });
    // An original, its sidecar and its row for each recording.
    expect(told.at(-1)).toEqual({ doneCount: 3 * kept, totalCount: 3 * kept });
    expect(told.map(({ doneCount }) => doneCount)).toEqual(
      told.map(({ doneCount }) => doneCount).sort((a, b) => a - b),
    );
  });

  it('makes recordings of files that none knew, once, and loses none of their bytes', async () => {
    await keep();
    const bytes = makeWav({ seconds: 0.4, channels: 2 });
    await writeFile(inStore('raw/found on the disk.wav'), bytes);
    await symlink('/etc/passwd', inStore('raw/secrets.wav'));
    const report = await recorder.verification.reconcile();
    expect(report).toMatchObject({
      adopted: 1,
      sidecarsRewritten: 0,
      failed: [{ file: 'raw/secrets.wav', code: 'file-not-regular' }],
    });
    const { items } = await recorder.library.list({});
    const adopted = items.find(({ channels }) => channels === 2);
    expect((await readFile(inStore(adopted?.storedFilename ?? ''))).equals(bytes)).toBe(true);
    await unlink(inStore('raw/secrets.wav'));
    expect(await recorder.verification.reconcile()).toEqual(NOTHING);
    expect((await recorder.library.list({})).items).toHaveLength(kept + 1);
  });

  it('names recordings whose file is gone', async () => {
    const [gone, there] = [await keep(), await keep()];
    await rename(inStore(gone.storedFilename), join(home, 'gone'));
    expect(await recorder.verification.reconcile()).toMatchObject({ missing: 1 });
    expect((await now(gone.id)).status).toBe('missing');
    expect((await now(there.id)).status).toBe('active');
    await rename(join(home, 'gone'), inStore(gone.storedFilename));
    await recorder.verification.verify(gone.id);
    expect(await recorder.verification.reconcile()).toMatchObject({ missing: 0 });
  });

  it.each([
    ['lost', (path: string) => unlink(path)],
    ['damaged', (path: string) => writeFile(path, '{"id": "01')],
    ['emptied', (path: string) => writeFile(path, '')],
    [
      'changed by a flipped bit',
      async (path: string) =>
        writeFile(path, (await readFile(path, 'utf8')).replace('"channels": 1', '"channels": 3')),
    ],
  ])('writes a sidecar that was %s again', async (_what, harm) => {
    const { storedFilename, id } = await keep();
    const { length } = (await recorder.library.list({})).items;
    const path = inStore(sidecarKey(storedFilename));
    const before = await readFile(path, 'utf8');
    await harm(path);
    expect(await recorder.verification.reconcile()).toMatchObject({ sidecarsRewritten: 1, adopted: 0 });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect((await now(id)).channels).toBe(1);
    expect((await recorder.library.list({})).items).toHaveLength(length);
  });

  it('brings nothing back that was purged, even while files of it still lie there', async () => {
    const { id, storedFilename } = await keep();
    const [audio, sidecar] = [inStore(storedFilename), inStore(sidecarKey(storedFilename))];
    const bytes = [await readFile(audio), await readFile(sidecar)];
    await recorder.files.purge(id);
    // As in the moment between the commit and the tombstone's own file.
    await rm(inStore(`tombstones/${id}.json`));
    await writeFile(audio, bytes[0] ?? '');
    await writeFile(sidecar, bytes[1] ?? '');
    await recorder.verification.reconcile();
    expect(await recorder.library.find(id)).toBeUndefined();
    await rm(audio);
    await rm(sidecar, { force: true });
  });

  it('believes the sidecar where it is newer than the catalogue', async () => {
    const { storedFilename, id, version } = await keep();
    const path = inStore(sidecarKey(storedFilename));
    const sidecar = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const newer = { ...sidecar, title: 'Written later', metadataVersion: version + 3 };
    await writeFile(path, `${JSON.stringify(newer, null, 2)}\n`);
    expect(await recorder.verification.reconcile()).toEqual(NOTHING);
    expect(await now(id)).toMatchObject({ title: 'Written later', version: version + 3 });
    expect((await recorder.library.list({ query: 'written later' })).items).toHaveLength(1);
  });
});
