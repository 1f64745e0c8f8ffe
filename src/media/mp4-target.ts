/** A container to write, with what is always the same bytes for the same packets. */
export interface MuxTarget {
  readonly muxer: string;
  readonly muxerOptions: Readonly<Record<string, string>>;
}

const MUXER_OPTIONS = { movflags: '+faststart', fflags: '+bitexact' } as const;

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
  return { muxer: MUXERS[codec] ?? 'mov', muxerOptions: MUXER_OPTIONS };
}
