import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWav } from '../test/audio-fixtures.ts';
import { repairFile } from './repair-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-repair-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('repairing a file outside of a library', () => {
  it('writes a new file, names both by their checksums, and leaves nothing else behind', async () => {
    const path = await put('unfinished.wav', makeWav({ seconds: 1, declaredBytes: 0xffff_ffff }));
    const output = join(folder, 'mended.wav');
    const shares: number[] = [];
    const repaired = await repairFile(path, output, { onProgress: (share) => shares.push(share) });
    expect(repaired).toMatchObject({ outcome: 'repaired', file: path, output, silenced: [] });
    expect(repaired.faults).toMatchObject([{ code: 'wav-unfinished' }]);
    expect((await readFile(output)).equals(makeWav({ seconds: 1 }))).toBe(true);
    expect(repaired.outputChecksum).not.toBe(repaired.checksum);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['mended.wav', 'unfinished.wav']);

    // What is there is never written over.
    await expect(repairFile(path, output)).rejects.toMatchObject({ code: 'invalid-input' });
    expect((await readFile(output)).equals(makeWav({ seconds: 1 }))).toBe(true);
  });

  it('writes nothing for a sound file', async () => {
    const path = await put('sound.wav', makeWav({ seconds: 1 }));
    const output = join(folder, 'not-needed.wav');
    expect(await repairFile(path, output)).toMatchObject({ outcome: 'sound', output: null });
    expect(await readdir(folder)).not.toContain('not-needed.wav');
  });

  it('says what it cannot read or write', async () => {
    const path = await put('open.wav', makeWav({ seconds: 1, declaredBytes: 0xffff_ffff }));
    await expect(repairFile(join(folder, 'none'), join(folder, 'a'))).rejects.toMatchObject({
      code: 'file-missing',
    });
    await expect(repairFile(path, join(folder, 'no-such', 'a'))).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});
