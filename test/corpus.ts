import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The shared corpus of real audio files; a user's clone does not have it, and tests that need it are skipped there. */
export const corpusFolder = fileURLToPath(new URL('../../shared/corpus/', import.meta.url));
export const hasCorpus = existsSync(`${corpusFolder}expected.jsonl`);

export interface ExpectedAudio {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly mime: string;
  readonly mime_also_ok?: readonly string[];
  readonly container: string;
  readonly codec: string;
  readonly duration_truth: number;
  readonly tolerance_s: number;
  readonly sample_rate: number;
  readonly sample_rate_also_ok?: number | readonly number[];
  readonly channels: number;
  readonly bits_per_sample: number | null;
  readonly bits_per_sample_also_ok?: number | readonly number[];
  readonly tags: Readonly<Record<string, string>>;
  /** What only one of two readers saw, or they differ about: each of their answers is right, and so is none. */
  readonly tags_unconfirmed?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  readonly bext?: Readonly<Record<string, unknown>>;
  readonly ixml?: string;
  readonly notes?: unknown;
}

export interface ExpectedDamage {
  readonly file: string;
  readonly expect: 'error' | 'partial' | 'not_audio';
  readonly also_ok?: readonly string[];
  readonly reference_decoder_samples: number | null;
}

export function readExpectedAudio(): ExpectedAudio[] {
  return readLines(`${corpusFolder}expected.jsonl`) as ExpectedAudio[];
}

export function readExpectedDamage(): ExpectedDamage[] {
  return readLines(`${corpusFolder}corrupt.jsonl`) as ExpectedDamage[];
}

function readLines(path: string): unknown[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown);
}
