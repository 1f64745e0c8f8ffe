import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Media } from '../src/media/media.ts';
import { openMedia } from '../src/media/open-media.ts';
import type { AudioMeasurement } from '../src/model/audio-measurement.ts';
import { corpusFolder, type ExpectedAudio, hasCorpus, readExpectedAudio } from './corpus.ts';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
/** What the ffmpeg program of this machine cannot read: its 5.1 has no decoder for Speex, and misreads 24 bits in 32. */
const NOT_COMPARED = (row: ExpectedAudio) => row.codec === 'speex' || row.file.includes('24in32');
const ONE_DECIMAL = 0.06;

let media: Media;
const measured = new Map<string, AudioMeasurement>();
beforeAll(() => {
  media = openMedia();
});
afterAll(() => media.close());

function ffmpeg(args: readonly string[]): { stdout: string; stderr: string } {
  const limits = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  return spawnSync('ffmpeg', ['-nostdin', '-hide_banner', '-nostats', ...args], limits);
}

/** One of each container and codec: the short ones, for FFmpeg reads each of them a second time. */
function samples(rows: readonly ExpectedAudio[]): readonly ExpectedAudio[] {
  const kinds = Map.groupBy(
    rows.filter((row) => !NOT_COMPARED(row)),
    (row) => `${row.container} ${row.codec} ${row.channels}`,
  );
  return [...kinds.values()].flatMap(
    (kind) =>
      kind.toSorted((a, b) => a.duration_truth - b.duration_truth).find((row) => row.duration_truth > 3) ??
      [],
  );
}

describe.skipIf(!hasCorpus || !hasFfmpeg)(
  'measuring real files (skipped without the corpus or the ffmpeg program)',
  { timeout: 240_000 },
  () => {
    it('finds the audio checksum that the ffmpeg program prints, of every file', async () => {
      const wrong: string[] = [];
      // An hour of silence takes as long as all others together.
      for (const row of readExpectedAudio().filter((one) => one.duration_truth < 600)) {
        const path = `${corpusFolder}${row.file}`;
        const measurement = await media.measure(path);
        measured.set(row.file, measurement);
        const copy = ['-map', '0:a:0', '-c', 'copy', '-f', 'hash', '-hash', 'sha256', '-'];
        const printed = ffmpeg(['-v', 'quiet', '-i', path, ...copy]).stdout.trim();
        if (printed !== `SHA256=${measurement.audioChecksum}`) wrong.push(row.file);
      }
      expect(measured.size).toBeGreaterThan(125);
      expect(wrong).toEqual([]);
    });

    it('finds the loudness that the ebur128 filter of the ffmpeg program prints', () => {
      const rows = samples(readExpectedAudio()).filter((row) => measured.has(row.file));
      expect(rows.length).toBeGreaterThan(20);
      const wrong = rows.filter((row) => {
        const filter = ['-map', '0:a:0', '-af', 'ebur128=peak=true', '-f', 'null', '-'];
        const { stderr } = ffmpeg(['-i', `${corpusFolder}${row.file}`, ...filter]);
        const summary = stderr.slice(stderr.lastIndexOf('Summary:'));
        const read = (pattern: RegExp) => Number(pattern.exec(summary)?.[1]?.replace('inf', 'Infinity'));
        const loudness = measured.get(row.file)?.loudness;
        // FFmpeg prints -70 for what has no loudness, and -inf for the peak of zeros.
        const differences = [
          (loudness?.integratedLufs ?? -70) - read(/I:\s+(\S+) LUFS/),
          (loudness?.rangeLu ?? 0) - read(/LRA:\s+(\S+) LU/),
          Math.max(loudness?.truePeakDbtp ?? -200, -200) - Math.max(read(/Peak:\s+(\S+) dBFS/), -200),
        ];
        return !differences.every((difference) => Math.abs(difference) <= ONE_DECIMAL);
      });
      expect(wrong.map((row) => [row.file, measured.get(row.file)?.loudness])).toEqual([]);
    });
  },
);
