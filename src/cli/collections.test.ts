import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voiceSamples, writeWav } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { startVrp, type VrpFolders } from '../../test/vrp-process.ts';
import type { HistoryPage } from '../model/history.ts';

let root: string;
let folders: VrpFolders;
const ids: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-collections-'));
  folders = { dataDir: join(root, 'data'), stateDir: join(root, 'state') };
});
afterAll(() => rm(root, { recursive: true, force: true }));

const vrp = (...args: string[]) => runHere(folders, ['collections', ...args]);

async function json(...args: string[]) {
  const { stdout, exitCode } = await vrp('--json', ...args);
  return { exitCode, said: JSON.parse(stdout) };
}

async function bringIn(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const sound = join(root, `Voice ${n}.wav`);
    writeWav(sound, voiceSamples(0.2, 8000, n), 8000);
    const { stdout } = await runHere(folders, ['--json', 'import', sound]);
    ids.push((JSON.parse(stdout) as { id: string }).id);
  }
}

describe('vrp collections', () => {
  it('are none where nothing was ever kept, and no store is made by asking', async () => {
    expect(await json()).toEqual({ exitCode: 0, said: { items: [] } });
    expect((await vrp()).stderr).toContain('"vrp collections add NAME ID" makes one');
  });

  it('are made with their first recording, renamed, and gone with the last one', async () => {
    await bringIn(2);
    const [first = '', second = ''] = ids;
    const added = await json(
      'add',
      'Village stories',
      first,
      second.slice(-8),
      '00000000-0000-7000-8000-000000000000',
    );
    expect(added).toMatchObject({
      exitCode: 1,
      said: { items: [{ id: first }, { id: second }], failed: [{ error: { code: 'recording-unknown' } }] },
    });
    expect((await vrp()).stdout).toBe('Village stories  2 recordings\n');
    expect((await vrp('take-out', 'VILLAGE stories', second)).stdout).toMatch(
      /^Taken out of "VILLAGE stories": Voice 1/,
    );
    expect((await vrp('rename', 'village stories', 'Häfen/Küste')).stdout).toBe(
      'Now "Häfen/Küste": 1 recording changed.\n',
    );
    expect((await json()).said).toEqual({ items: [{ collection: 'Häfen/Küste', count: 1 }] });
    const { stdout } = await runHere(folders, ['--json', 'info', first, '--history']);
    const { items } = JSON.parse(stdout) as HistoryPage;
    expect(items.map(({ by }) => by)).toEqual(['cli', 'cli']);
    expect(await json('rename', 'nowhere', 'x')).toMatchObject({
      exitCode: 1,
      said: { error: { code: 'collection-unknown' } },
    });
    expect(await json('add', '..', first)).toMatchObject({
      exitCode: 1,
      said: { error: { code: 'invalid-input' } },
    });
  });

  it('do the same through a server', async () => {
    const server = await startVrp(folders);
    try {
      const [, second = ''] = ids;
      expect((await json('add', 'Häfen/Küste', second)).said).toMatchObject({
        items: [{ id: second }],
        failed: [],
      });
      expect((await json('rename', 'häfen/küste', 'Sea & land?')).said).toEqual({ changedRecordings: 2 });
      expect((await json()).said).toEqual({ items: [{ collection: 'Sea & land?', count: 2 }] });
      expect((await json('take-out', 'sea & land?', second)).said).toMatchObject({
        items: [{ collections: [] }],
      });
      expect(await json('remove', 'nowhere')).toMatchObject({
        said: { error: { code: 'collection-unknown' } },
      });
      expect((await vrp('remove', 'Sea & land?')).stdout).toBe(
        'Gone is "Sea & land?": 1 recording changed.\n',
      );
      expect((await json()).said).toEqual({ items: [] });
    } finally {
      await server.stop();
    }
  });
});
