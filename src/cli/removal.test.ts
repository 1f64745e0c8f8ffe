import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { startVrp, type VrpFolders } from '../../test/vrp-process.ts';

let home: string;
let folders: VrpFolders;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'vrp-removal-'));
  folders = { dataDir: join(home, 'store'), stateDir: join(home, 'state') };
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const json = async (...args: string[]) => {
  const { stdout, exitCode } = await runHere(folders, ['--json', ...args]);
  return { exitCode, said: JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') };
};

async function bringIn(...seeds: number[]): Promise<string[]> {
  const paths = seeds.map((seed) => {
    const path = join(home, `voice ${seed}.wav`);
    writeFileSync(path, wavBytes(voiceSamples(0.3, 8000, seed), 8000));
    return path;
  });
  const { stdout } = await runHere(folders, ['--json', 'import', ...paths]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
}

describe('vrp purge and vrp cleanup', () => {
  it('purge only what they are told to, alone and beside a server, and never without a word', async () => {
    const [first = '', second = '', third = ''] = await bringIn(1, 2, 3);
    const unasked = await json('purge', first);
    expect(unasked).toMatchObject({ exitCode: 2, said: { error: { code: 'usage' } } });
    expect((await json('info', first)).said).toMatchObject({ id: first });

    const alone = await json('purge', first, '00000000-0000-7000-8000-000000000000', '--yes');
    expect(alone).toMatchObject({
      exitCode: 1,
      said: { items: [{ id: first }], failed: [{ error: { code: 'recording-unknown' } }] },
    });
    expect((await json('info', first)).said).toMatchObject({ error: { code: 'recording-unknown' } });

    const server = await startVrp(folders);
    try {
      const beside = await json('purge', second, '--yes', '--everywhere');
      expect(beside).toMatchObject({ exitCode: 0, said: { items: [{ id: second }], failed: [] } });
      expect((await json('list')).said).toMatchObject({ items: [{ id: third }] });
    } finally {
      await server.stop();
    }
    const files = readdirSync(folders.dataDir, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.includes(first) || name.includes(second)).sort()).toEqual(
      [`tombstones/${first}.json`, `tombstones/${second}.json`].sort(),
    );
  });

  it('recommend, and remove nothing until --apply is said', async () => {
    writeFileSync(join(folders.dataDir, 'backup/before-2-20260101T000000Z.sqlite'), 'old');
    writeFileSync(join(folders.dataDir, 'backup/before-3-20260201T000000Z.sqlite'), 'newer');
    const looked = await json('cleanup', 'snapshots');
    expect(looked).toMatchObject({
      exitCode: 0,
      said: { recommendations: [{ kind: 'snapshots', count: 1, freesBytes: 3, risk: 'low' }] },
    });
    expect(looked.said).not.toHaveProperty('applied');
    const applied = await json('cleanup', 'snapshots', '--apply');
    expect(applied.said).toMatchObject({ applied: { freedBytes: 3, failed: [] } });
    expect(readdirSync(join(folders.dataDir, 'backup')).filter((name) => name.startsWith('before-'))).toEqual(
      ['before-3-20260201T000000Z.sqlite'],
    );
    expect(await json('cleanup', 'everything')).toMatchObject({ exitCode: 2 });
  });
});
