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
  for (const [name, readings] of Object.entries(row.tags_unconfirmed ?? {})) {
    const found = facts.embedded[name as keyof typeof facts.embedded];
    const isRight = found === null || Object.values(readings).includes(String(found));
    check(name, isRight, found, JSON.stringify(readings));
  }
  for (const [name, wanted] of bextFields(row.bext ?? {})) {
    const found = facts.embedded.bext?.[name];
    check(`bext ${name}`, found === wanted, found, wanted);
  }
  if (row.ixml !== undefined) check('iXML', facts.embedded.ixml === row.ixml, facts.embedded.ixml, row.ixml);
  return faults;
}

const BEXT_NAMES: Readonly<Record<string, string>> = {
  umid_hex: 'umid',
  value: 'loudnessValue',
  range: 'loudnessRange',
  max_true_peak: 'maxTruePeakLevel',
  max_momentary: 'maxMomentaryLoudness',
  max_short_term: 'maxShortTermLoudness',
};

/** The corpus' fields of a `bext` chunk under our names. */
function bextFields(bext: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(bext).flatMap(([name, value]): [string, unknown][] => {
    if (typeof value === 'object' && value !== null) return bextFields(value as Record<string, unknown>);
    return [[BEXT_NAMES[name] ?? name.replace(/_[a-z]/g, (part) => part[1]?.toUpperCase() ?? ''), value]];
  });
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
