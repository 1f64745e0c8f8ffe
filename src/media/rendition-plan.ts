import type { AudioFacts } from '../model/audio-facts.ts';
import type { MuxTarget } from './audio-output.ts';

/** What an encoder and a muxer need to know. */
export interface EncodingPlan extends MuxTarget {
  readonly encoder: 'flac' | 'libopus';
}

/** How a rendition is made: packets copied into another container, or encoded anew. */
export interface RenditionPlan extends EncodingPlan {
  readonly kind: 'copy' | 'encode';
  readonly mimeType: string;
  readonly extension: string;
}

// The index goes to the front, so that a browser can seek before it has the whole file.
const WEBM = {
  muxer: 'webm',
  // Room for the cues of some 10 hours; what is not needed becomes a void element.
  muxerOptions: { cues_to_front: '1' },
  mimeType: 'audio/webm',
  extension: 'webm',
} as const;
const M4A = {
  muxer: 'ipod',
  muxerOptions: { movflags: '+faststart' },
  mimeType: 'audio/mp4',
  extension: 'm4a',
} as const;
const MP3 = { muxer: 'mp3', muxerOptions: {}, mimeType: 'audio/mpeg', extension: 'mp3' } as const;
const FLAC = { muxer: 'flac', muxerOptions: {}, mimeType: 'audio/flac', extension: 'flac' } as const;

/**
 * Packets of codecs that browsers play are copied bit by bit; lossless sources become FLAC; the rest becomes Opus.
 */
export function planRendition(facts: Pick<AudioFacts, 'codec' | 'channels'>): RenditionPlan {
  const { codec, channels } = facts;
  if (codec === 'opus' || codec === 'vorbis') return { kind: 'copy', encoder: 'libopus', ...WEBM };
  if (codec === 'aac') return { kind: 'copy', encoder: 'libopus', ...M4A };
  if (codec === 'mp3') return { kind: 'copy', encoder: 'libopus', ...MP3 };
  // A-law and mu-law are PCM of a kind: 16 bits hold them exactly.
  const isLossless =
    codec.startsWith('pcm_') || codec === 'flac' || codec === 'alac' || codec === 'wmalossless';
  if (isLossless && channels <= 8) return { kind: 'encode', encoder: 'flac', ...FLAC };
  return { kind: 'encode', encoder: 'libopus', ...WEBM };
}
