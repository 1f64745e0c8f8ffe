import type { MuxTarget } from './audio-output.ts';

/** Always the same bytes for the same packets. */
export const MP4_OPTIONS = { movflags: '+faststart', fflags: '+bitexact' } as const;

/** Brands of the MP4 family take some codecs each; QuickTime's takes them all. */
const MUXERS: Readonly<Record<string, string>> = {
  aac: 'ipod',
  alac: 'ipod',
  opus: 'mp4',
  flac: 'mp4',
  mp3: 'mp4',
  amr_nb: '3gp',
  amr_wb: '3gp',
};

export function mp4Target(codec: string): MuxTarget {
  return { muxer: MUXERS[codec] ?? 'mov', muxerOptions: MP4_OPTIONS };
}
