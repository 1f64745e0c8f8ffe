import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import type { Media } from '../media/media.ts';
import { openMedia } from '../media/open-media.ts';
import { DerivedFiles } from './derived-files.ts';
import { TakeFiles } from './take-files.ts';

const media = openMedia();
const home = mkdtempSync(join(tmpdir(), 'vrp-makings-'));
afterAll(async () => {
  await media.close();
  rmSync(home, { recursive: true, force: true });
});

const plainDesk = { derivedPath: join(home, 'derived'), media, localPath: (key: string) => join(home, key) };
const recording = someRecording({ storedFilename: 'long.wav', isPlayable: false });
const folder = join(plainDesk.derivedPath, recording.id);
writeFileSync(join(home, 'long.wav'), wavBytes(voiceSamples(600, 48_000, 1), 48_000));

/** The desk, and when its media process was asked for something: whatever else the machine does, it is at work then. */
function watchedDesk() {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const watched = new Proxy(media, {
    get: (target, name: keyof Media) => {
      const method = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        resolve();
        return method.apply(target, args);
      };
    },
  });
  return { desk: { ...plainDesk, media: watched }, begun };
}

describe('removing what is derived of a recording', () => {
  it.each(['peaks', 'playable'] as const)(
    'ends the making of its %s, and nothing comes back',
    async (kind) => {
      const { desk, begun } = watchedDesk();
      const derived = new DerivedFiles(desk);
      const asked = derived[kind](recording).catch((error: unknown) => error);
      await begun;
      expect(existsSync(folder)).toBe(true);
      expect(derived.isBeingMade(folder)).toBe(true);
      await derived.remove(recording.id);
      expect(existsSync(folder)).toBe(false);
      expect(await asked).toBeInstanceOf(Error);
      expect(derived.isBeingMade(folder)).toBe(false);
      expect(existsSync(folder)).toBe(false);
    },
  );

  it('ends the joining of its take', async () => {
    const { desk, begun } = watchedDesk();
    const files = new TakeFiles(desk);
    const segments = [0, 1].map((segment) => ({ ...recording, takeId: 'take', segment }));
    const asked = files.peaks('take', segments).catch((error: unknown) => error);
    const takeFolder = join(plainDesk.derivedPath, 'take-take');
    await begun;
    expect(existsSync(takeFolder)).toBe(true);
    await files.remove('take');
    expect(await asked).toBeInstanceOf(Error);
    expect(existsSync(takeFolder)).toBe(false);
  });

  it('leaves no folder of a recording whose original is gone', async () => {
    const derived = new DerivedFiles(plainDesk);
    await expect(derived.peaks({ ...recording, storedFilename: 'gone.wav' })).rejects.toThrow();
    expect(existsSync(folder)).toBe(false);
  });
});
