import { describe, expect, it } from 'vitest';
import { canMeasureCorpus, run } from './measure-corpus.ts';

describe.skipIf(!canMeasureCorpus)(
  'measuring real files (skipped without the corpus or the ffmpeg program)',
  () => {
    it('finds the audio checksum and the loudness that the ffmpeg program prints (8 of 129)', () => {
      const report = run({ seed: 20_261_123, count: 8 });
      expect(report).toEqual({ checksumCount: 8, loudnessCount: 8, broken: [] });
    });
  },
);
