/** How the web recorder encodes a take. */
export interface Preset {
  readonly id: string;
  readonly name: string;
  readonly codec: 'opus' | 'flac';
  readonly channels: 1 | 2;
  /** Aimed at; what an hour costs follows from it. */
  readonly bitRateBps: number;
}

export const PRESETS = [
  { id: 'voice', name: 'Voice', codec: 'opus', channels: 1, bitRateBps: 64_000 },
] as const satisfies readonly Preset[];

export const DEFAULT_PRESET: Preset = PRESETS[0];

/** Bytes of one minute, with the 2 % that Ogg pages and Opus headers add (RFC 7845). */
export function bytesPerMinute(preset: Preset): number {
  return Math.ceil((preset.bitRateBps / 8) * 60 * 1.02);
}
