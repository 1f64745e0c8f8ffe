import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { StillClock } from '../../test/spool-desk.ts';
import { type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import type { UploadWish } from '../model/upload.ts';
import { adoptFiles } from './adopt-files.ts';
import { FormerNames } from './former-names.ts';
import type { RebuildDesk } from './rebuild-desk.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vrp-adopt-'));
  await mkdir(join(dataDir, 'raw'));
  for (const name of ['one', 'two']) await writeFile(join(dataDir, `raw/${name}.wav`), name);
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const page = ['one', 'two'].map((name) => ({ key: `raw/${name}.wav`, isRegular: true }));
const refusal = (code: FailureCode) => Promise.reject(new VoiceRecorderError(code, `It is ${code}.`));

/** Files are adopted up to the step that `refused` names, which is refused. */
function deskThat(refused: 'place' | 'put', code: FailureCode): RebuildDesk {
  const checksum = 'a'.repeat(64);
  return {
    dataDir,
    clock: new StillClock(),
    known: {
      put: async (known) => (refused === 'put' ? await refusal(code) : known.map(() => 'added' as const)),
      findPaths: async () => new Set(),
      findIds: async () => new Map(),
      findByChecksum: async () => [],
      settleTags: async () => undefined,
      bury: async () => undefined,
    },
    probe: async () => ({ embedded: { title: null } }) as Awaited<ReturnType<RebuildDesk['probe']>>,
    hashFile: async () => ({ checksum, sizeBytes: 3 }),
    describe: ({ id }) => someRecording({ id, checksum }),
    place: async () => (refused === 'place' ? await refusal(code) : undefined),
    quarantine: async () => '',
  };
}

describe('adopting files', () => {
  it('names the file that the disk refused, and goes on with the next one', async () => {
    const { adopted, faults } = await adoptFiles(
      deskThat('place', 'storage-failed'),
      page,
      new Set(),
      new FormerNames(dataDir, ['raw']),
    );
    expect(adopted).toBe(0);
    expect(faults.map(({ file, code }) => `${file} ${code}`)).toEqual([
      'raw/one.wav storage-failed',
      'raw/two.wav storage-failed',
    ]);
  });

  it.each(['catalogue-failed', 'disk-full', 'session-deadline'] as const)(
    'ends with the first one when the catalogue takes no more: %s',
    async (code) => {
      await expect(
        adoptFiles(deskThat('put', code), page, new Set(), new FormerNames(dataDir, ['raw'])),
      ).rejects.toMatchObject({ code });
    },
  );

  it('ends an adoption that broke off when the file had both names, and takes no copy for it', async () => {
    const known = 'raw/20261123T064000Z-01a20710-0000-7000-8000-000000000000.wav';
    await link(join(dataDir, 'raw/one.wav'), join(dataDir, known));
    await link(join(dataDir, 'raw/two.wav'), join(dataDir, 'raw/three.wav'));
    const placed: string[] = [];
    const { adopted } = await adoptFiles(
      {
        ...deskThat('place', 'storage-failed'),
        known: { ...deskThat('place', 'storage-failed').known, findByChecksum: async () => [known] },
        place: async (key, sourcePath) => void placed.push(`${sourcePath.slice(dataDir.length + 1)} ${key}`),
      },
      page,
      new Set(),
      new FormerNames(dataDir, ['raw']),
    );
    expect(adopted).toBe(1);
    expect(placed[0]).toBe(`raw/one.wav ${known}`);
    expect(placed[1]).toMatch(/^raw\/two\.wav raw\//);
    expect(placed[1]).not.toContain(known);
  });

  it('calls a file whose adoption broke off by the name that it had before', async () => {
    const [named, alone] = ['0', '1'].map(
      (digit) => `raw/20261123T064000Z-01a20710-0000-7000-8000-00000000000${digit}.wav`,
    ) as [string, string];
    await link(join(dataDir, 'raw/one.wav'), join(dataDir, named));
    await writeFile(join(dataDir, alone), 'alone');
    const wishes: UploadWish[] = [];
    const desk: RebuildDesk = {
      ...deskThat('place', 'storage-failed'),
      describe: ({ id, wish }) => {
        wishes.push(wish);
        return someRecording({ id });
      },
    };
    const files = [named, alone].map((key) => ({ key, isRegular: true }));
    const { adopted } = await adoptFiles(desk, files, new Set(), new FormerNames(dataDir, ['raw']));
    expect(adopted).toBe(2);
    expect(wishes).toMatchObject([
      { filename: 'one.wav', title: null },
      { filename: alone.slice('raw/'.length), title: 'Recovered' },
    ]);
  });
});
