import type { Recording, RecordingKind } from '../../../src/model/recording.ts';

/** How a recording came to be kept: its kind tells, unless nobody was there to hand it over. */
export function howAccepted({
  kind,
  warnings,
}: Pick<Recording, 'kind' | 'warnings'>): RecordingKind | 'recovered' {
  return warnings.some(({ code }) => code === 'recovered') ? 'recovered' : kind;
}
