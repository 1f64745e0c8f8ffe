import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMedia } from '../media/open-media.ts';
import { openProber, type Prober } from '../probe-file.ts';
import { makeAudio } from './made-audio.ts';

describe('made audio', () => {
  let folder: string;
  let prober: Prober;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vrp-made-audio-'));
    prober = openProber();
  });

  afterAll(async () => {
    await prober.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['flac', 'wav'] as const)('is real audio of the length asked for: %s', async (format) => {
    const path = join(folder, `take.${format}`);
    await writeFile(path, makeAudio({ format, seed: 3, seconds: 12.3, sampleRateHz: 48_000 }));
    const probed = await prober.probe(path);
    expect(probed.codec).toBe(format === 'flac' ? 'flac' : 'pcm_s16le');
    expect(probed.duration).toBeCloseTo(12.3, 3);
    expect(probed.warnings).toEqual([]);
  });

  it('says the same in FLAC and in WAV, sample for sample', async () => {
    const media = openMedia();
    try {
      const peaks: Buffer[] = [];
      for (const format of ['flac', 'wav'] as const) {
        const source = join(folder, `same.${format}`);
        await writeFile(source, makeAudio({ format, seed: 8, seconds: 3, sampleRateHz: 16_000 }));
        const target = join(folder, `same-${format}.vpk`);
        await media.peaks(source, target);
        peaks.push(await readFile(target));
      }
      expect(peaks[0]).toEqual(peaks[1]);
      expect(peaks[0]?.length).toBeGreaterThan(1000);
    } finally {
      await media.close();
    }
  });

  it('is the same for the same recipe and another for another seed', () => {
    const recipe = { format: 'flac', seed: 5, seconds: 1, sampleRateHz: 16_000 } as const;
    expect(makeAudio(recipe)).toEqual(makeAudio(recipe));
    expect(makeAudio(recipe)).not.toEqual(makeAudio({ ...recipe, seed: 6 }));
  });
});
