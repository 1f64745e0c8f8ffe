import { spawnSync } from 'node:child_process';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { measureAudio } from '../../src/media/measure-audio.ts';
import type { Loudness } from '../../src/model/recording.ts';
import { corpusFolder, type ExpectedAudio, hasCorpus, readExpectedAudio } from '../corpus.ts';
import { seededRandom } from '../mutate-bytes.ts';

/** What the ffmpeg program of this machine cannot read: its 5.1 has no decoder for Speex, and misreads 24 bits in 32. */
const NOT_COMPARED = (row: ExpectedAudio) => row.codec === 'speex' || row.file.includes('24in32');
const ONE_DECIMAL = 0.06;
/** An hour of silence takes as long as all others together. */
const MAX_SECONDS = 600;

export const canMeasureCorpus = hasCorpus && spawnSync('ffmpeg', ['-version']).status === 0;

interface MeasureWish {
  readonly seed: number;
  /** So many files of at most half a minute, chosen by the seed; all of up to ten minutes when not given. */
  readonly count?: number;
}

interface MeasureReport {
  readonly checksumCount: number;
  readonly loudnessCount: number;
  /** Files whose checksum or loudness is not the one that the ffmpeg program prints. */
  readonly broken: readonly string[];
}

/**
 * Measures real files and compares the checksum of their audio, and of one of each container and codec the loudness, with
 * what the ffmpeg program prints. Needs the corpus and that program.
 */
export function run({ seed, count }: MeasureWish): MeasureReport {
  if (!canMeasureCorpus) throw new Error('The corpus and the ffmpeg program are needed here.');
  const rows = readExpectedAudio().filter((row) => row.duration_truth < MAX_SECONDS);
  const chosen = count === undefined ? rows : chooseSome(rows, seed, count);
  const compared = new Set((count === undefined ? oneOfEachKind(rows) : chosen).filter(isComparable));
  // In this process: a child would leave the machine to everything else that runs on it.
  Log.setLevel(AV_LOG_QUIET);
  const broken = chosen.flatMap((row) => compare(row, compared.has(row)));
  return { checksumCount: chosen.length, loudnessCount: compared.size, broken };
}

function compare(row: ExpectedAudio, withLoudness: boolean): string[] {
  const path = `${corpusFolder}${row.file}`;
  const { audioChecksum, loudness } = measureAudio(path, () => undefined);
  const copy = ['-map', '0:a:0', '-c', 'copy', '-f', 'hash', '-hash', 'sha256', '-'];
  const printed = ffmpeg(['-v', 'quiet', '-i', path, ...copy]).stdout.trim();
  return [
    ...(printed === `SHA256=${audioChecksum}`
      ? []
      : [`${row.file}: expected ${printed}, found ${audioChecksum}`]),
    ...(withLoudness && !isAsLoud(path, loudness) ? [`${row.file}: ${JSON.stringify(loudness)}`] : []),
  ];
}

/** By the ebur128 filter. */
function isAsLoud(path: string, loudness: Loudness | null): boolean {
  const filter = ['-map', '0:a:0', '-af', 'ebur128=peak=true', '-f', 'null', '-'];
  const { stderr } = ffmpeg(['-i', path, ...filter]);
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'));
  const read = (pattern: RegExp) => Number(pattern.exec(summary)?.[1]?.replace('inf', 'Infinity'));
  // FFmpeg prints -70 for what has no loudness, and -inf for the peak of zeros.
  const differences = [
    (loudness?.integratedLufs ?? -70) - read(/I:\s+(\S+) LUFS/),
    (loudness?.rangeLu ?? 0) - read(/LRA:\s+(\S+) LU/),
    Math.max(loudness?.truePeakDbtp ?? -200, -200) - Math.max(read(/Peak:\s+(\S+) dBFS/), -200),
  ];
  return differences.every((difference) => Math.abs(difference) <= ONE_DECIMAL);
}

function ffmpeg(args: readonly string[]): { stdout: string; stderr: string } {
  const limits = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  return spawnSync('ffmpeg', ['-nostdin', '-hide_banner', '-nostats', ...args], limits);
}

/** Short files of as many kinds as there is room for. */
function chooseSome(rows: readonly ExpectedAudio[], seed: number, count: number): ExpectedAudio[] {
  const random = seededRandom(seed);
  const kinds = kindsOf(rows.filter((row) => isComparable(row) && row.duration_truth < 30));
  while (kinds.length > count) kinds.splice(random(kinds.length), 1);
  return kinds.flatMap((kind) => kind[random(kind.length)] ?? []);
}

/** The shortest that is long enough to have a loudness. */
function oneOfEachKind(rows: readonly ExpectedAudio[]): ExpectedAudio[] {
  return kindsOf(rows.filter(isComparable)).flatMap(
    (kind) => kind.find((row) => row.duration_truth > 3) ?? [],
  );
}

function kindsOf(rows: readonly ExpectedAudio[]): ExpectedAudio[][] {
  const kinds = Map.groupBy(rows, (row) => `${row.container} ${row.codec} ${row.channels}`);
  return [...kinds.values()].map((kind) => kind.toSorted((a, b) => a.duration_truth - b.duration_truth));
}

function isComparable(row: ExpectedAudio): boolean {
  return !NOT_COMPARED(row);
}
