import type { AudioFacts } from '../src/model/audio-facts.ts';
import { failureCodeOf } from '../src/model/failure.ts';
import type { ExpectedAudio, ExpectedDamage } from './corpus.ts';

/** What is wrong with `facts` by the corpus; nothing when all is right. */
export function judgeFacts(facts: AudioFacts, row: ExpectedAudio): string[] {
  const faults: string[] = [];
  const check = (what: string, isRight: boolean, found: unknown, wanted: unknown) => {
    if (!isRight) faults.push(`${what} ${found}, expected ${wanted}`);
  };
  const offSeconds = Math.abs((facts.durationSeconds ?? Number.POSITIVE_INFINITY) - row.duration_truth);
  check('duration', offSeconds <= row.tolerance_s, facts.durationSeconds, row.duration_truth);
  const mimes = [row.mime, ...(row.mime_also_ok ?? [])];
  check('MIME', mimes.includes(facts.mimeType), facts.mimeType, mimes);
  check('container', facts.container === row.container, facts.container, row.container);
  check('codec', facts.codec === row.codec, facts.codec, row.codec);
  const rates = [row.sample_rate, row.sample_rate_also_ok].flat();
  check('rate', rates.includes(facts.sampleRateHz), facts.sampleRateHz, rates);
  check('channels', facts.channels === row.channels, facts.channels, row.channels);
  const depths = [row.bits_per_sample, row.bits_per_sample_also_ok].flat();
  check('bit depth', depths.includes(facts.bitDepth), facts.bitDepth, depths);
  for (const [name, text] of Object.entries(row.tags)) {
    const found = facts.embedded[name as keyof typeof facts.embedded];
    check(name, found === text, found, text);
  }
  return faults;
}

/** The corpus' word for an answer: kept, kept with a warning, refused as damaged, refused as no audio. */
export function toVerdict(facts: AudioFacts | undefined, error: unknown): string {
  if (facts !== undefined) {
    return facts.warnings.some((one) => one.code !== 'wrong-extension') ? 'partial' : 'ok';
  }
  const code = failureCodeOf(error) ?? '';
  if (code.startsWith('not-audio')) return 'not_audio';
  return code.startsWith('audio-') ? 'error' : `unclassed (${String(error)})`;
}

export function judgeVerdict(verdict: string, row: ExpectedDamage): boolean {
  return verdict === row.expect || row.also_ok?.includes(verdict) === true;
}
