import type { Container } from './containers.ts';

/** What decides whether every current browser plays and seeks a file as it is. */
export interface PlayabilityFacts {
  readonly container: Container;
  readonly codec: string;
  readonly channels: number;
  readonly bitDepth: number | null;
  /** The header tells the true length, and where that is needed an index tells where things are. */
  readonly isSeekable: boolean;
}

/** Codecs by container that Chromium, Firefox and Safari all play. */
const PLAYED: Partial<Record<Container, readonly string[]>> = {
  wav: ['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_f32le'],
  flac: ['flac'],
  mp3: ['mp3'],
  ogg: ['opus', 'vorbis'],
  webm: ['opus', 'vorbis'],
  mp4: ['aac', 'mp3', 'opus'],
};

export function isPlayable(facts: PlayabilityFacts): boolean {
  if (!facts.isSeekable || PLAYED[facts.container]?.includes(facts.codec) !== true) return false;
  // FLAC of unusual depth (12 bits) and beyond 8 channels is left out by some browsers.
  if (facts.codec === 'flac' && facts.bitDepth !== 16 && facts.bitDepth !== 24) return false;
  return facts.channels <= 8;
}
