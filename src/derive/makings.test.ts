import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { openMedia } from '../media/open-media.ts';
import { DerivedFiles } from './derived-files.ts';
import { TakeFiles } from './take-files.ts';

const media = openMedia();
const home = mkdtempSync(join(tmpdir(), 'vrp-makings-'));
afterAll(async () => {
  await media.close();
  rmSync(home, { recursive: true, force: true });
});

const desk = { derivedPath: join(home, 'derived'), media, localPath: (key: string) => join(home, key) };
const recording = someRecording({ storedFilename: 'long.wav', isPlayable: false });
const folder = join(desk.derivedPath, recording.id);
writeFileSync(join(home, 'long.wav'), wavBytes(voiceSamples(600, 48_000, 1), 48_000));

describe('removing what is derived of a recording', () => {
  it.each(['peaks', 'playable'] as const)(
    'ends the making of its %s, and nothing comes back',
    async (kind) => {
      const derived = new DerivedFiles(desk);
      const asked = derived[kind](recording).catch((error: unknown) => error);
      await vi.waitUntil(() => existsSync(folder));
      expect(derived.isBeingMade(folder)).toBe(true);
      await derived.remove(recording.id);
      expect(existsSync(folder)).toBe(false);
      expect(await asked).toBeInstanceOf(Error);
      expect(derived.isBeingMade(folder)).toBe(false);
      expect(existsSync(folder)).toBe(false);
    },
  );

  it('ends the joining of its take', async () => {
    const files = new TakeFiles(desk);
    const segments = [0, 1].map((segment) => ({ ...recording, takeId: 'take', segment }));
    const asked = files.peaks('take', segments).catch((error: unknown) => error);
    const takeFolder = join(desk.derivedPath, 'take-take');
    await vi.waitUntil(() => existsSync(takeFolder));
    await files.remove('take');
    expect(await asked).toBeInstanceOf(Error);
    expect(existsSync(takeFolder)).toBe(false);
  });

  it('leaves no folder of a recording whose original is gone', async () => {
    const derived = new DerivedFiles(desk);
    await expect(derived.peaks({ ...recording, storedFilename: 'gone.wav' })).rejects.toThrow();
    expect(existsSync(folder)).toBe(false);
  });
});
