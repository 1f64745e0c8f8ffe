import { bytesPerMinute, PRESETS, type Preset } from '../../../src/model/preset.ts';
import { STRINGS } from '../strings.ts';
import { formatBitRate, formatBytes } from './size.ts';

const words = STRINGS.presets;

/** `Opus, mono, 64 kbit/s`, `FLAC, lossless, stereo where the microphone has it`. */
export function formatPresetFacts(preset: Preset): string {
  if (preset.codec === 'flac') {
    return ['FLAC', words.lossless, preset.channels === 1 ? words.channels[1] : words.monoOrStereo].join(
      ', ',
    );
  }
  return ['Opus', words.channels[preset.channels], formatBitRate(preset.bitRateBps)].join(', ');
}

/** `29 MB an hour`; of FLAC nobody knows beforehand. */
export function formatHourlyCost(preset: Preset): string {
  const size = formatBytes(bytesPerMinute(preset) * 60);
  return preset.codec === 'flac' ? words.perHourAbout(size) : words.perHour(size);
}

/** The server tells minutes for the presets it knows; those of any other follow from their bytes. */
export function minutesFor(
  preset: Preset,
  minutesLeft: Readonly<Record<string, number>>,
): number | undefined {
  const told = minutesLeft[preset.id];
  if (told !== undefined) return told;
  const known = PRESETS.find(({ id }) => minutesLeft[id] !== undefined);
  const minutes = known && minutesLeft[known.id];
  if (!known || minutes === undefined) return undefined;
  return Math.floor((minutes * bytesPerMinute(known)) / bytesPerMinute(preset));
}
