/** How a recorder encodes a take. */
export interface Preset {
  readonly id: string;
  readonly name: string;
  readonly codec: 'opus' | 'flac';
  readonly channels: 1 | 2;
  /** Opus: aimed at. FLAC: what it comes to with speech and music mixed; quiet takes cost less. */
  readonly bitRateBps: number;
}

export const PRESETS = [
  { id: 'voice', name: 'Voice', codec: 'opus', channels: 1, bitRateBps: 64_000 },
  { id: 'interview', name: 'Interview', codec: 'opus', channels: 2, bitRateBps: 128_000 },
  { id: 'music', name: 'Music', codec: 'opus', channels: 2, bitRateBps: 256_000 },
  { id: 'archive', name: 'Archive', codec: 'flac', channels: 2, bitRateBps: flacBitRateBps(2) },
] as const satisfies readonly Preset[];

export const DEFAULT_PRESET: Preset = PRESETS[0];

/** Bit rates one may choose for Opus, from what keeps speech clear to what no ear tells from the source. */
export const CUSTOM_BIT_RATES_BPS = [32_000, 48_000, 64_000, 96_000, 128_000, 192_000, 256_000, 320_000];

/** `custom-opus-1-96000` or `custom-flac-2`: the id says everything, so that any server and any page understands it. */
export function customPreset(codec: Preset['codec'], channels: 1 | 2, opusBitRateBps: number): Preset {
  const isFlac = codec === 'flac';
  const id = isFlac ? `custom-flac-${channels}` : `custom-opus-${channels}-${opusBitRateBps}`;
  const bitRateBps = isFlac ? flacBitRateBps(channels) : opusBitRateBps;
  return { id, name: 'Custom', codec, channels, bitRateBps };
}

/** What a browser that cannot encode Opus records instead: FLAC with the same channels. */
export function losslessOf(preset: Preset): Preset {
  return preset.codec === 'flac' ? preset : customPreset('flac', preset.channels, 0);
}

/** The preset that an id names, custom ones too; undefined when it names none. */
export function findPreset(id: string): Preset | undefined {
  const known = PRESETS.find((preset) => preset.id === id);
  if (known) return known;
  const [, codec, channelText, bitRateText] = /^custom-(opus|flac)-([12])(?:-(\d{4,6}))?$/.exec(id) ?? [];
  if (!codec || !channelText) return undefined;
  const channels = channelText === '1' ? 1 : 2;
  if (codec === 'flac') return bitRateText ? undefined : customPreset('flac', channels, 0);
  const bitRateBps = Number(bitRateText);
  // RFC 6716 section 2.1.1: Opus reaches from 6 to 510 kb/s.
  return bitRateBps >= 6_000 && bitRateBps <= 510_000
    ? customPreset('opus', channels, bitRateBps)
    : undefined;
}

/** Bytes of one minute; Opus with the 2 % that Ogg pages and packet headers add (RFC 7845). */
export function bytesPerMinute(preset: Preset): number {
  const overhead = preset.codec === 'opus' ? 1.02 : 1;
  return Math.ceil((preset.bitRateBps / 8) * 60 * overhead);
}

/** 24 bit at 48 kHz, of which FLAC leaves about 60 % for speech and music recorded with a room around them. */
function flacBitRateBps(channels: 1 | 2): number {
  return Math.round(48_000 * 24 * channels * 0.6);
}
