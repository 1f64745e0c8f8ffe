import type { Recording } from '../../../src/model/recording.ts';

const CONTAINERS: Readonly<Record<string, string>> = {
  wav: 'WAV',
  w64: 'Wave64',
  rf64: 'RF64',
  aiff: 'AIFF',
  caf: 'CAF',
  flac: 'FLAC',
  mp3: 'MP3',
  ogg: 'Ogg',
  matroska: 'Matroska',
  'matroska,webm': 'WebM',
  webm: 'WebM',
  mp4: 'MP4',
  m4a: 'M4A',
  mov: 'MP4',
  'mov,mp4,m4a,3gp,3g2,mj2': 'MP4',
  asf: 'WMA',
  amr: 'AMR',
  aac: 'AAC',
};

const CODECS: Readonly<Record<string, string>> = {
  opus: 'Opus',
  vorbis: 'Vorbis',
  flac: 'FLAC',
  mp3: 'MP3',
  aac: 'AAC',
  alac: 'ALAC',
  wmav1: 'WMA',
  wmav2: 'WMA',
  amr_nb: 'AMR',
  amr_wb: 'AMR-WB',
};

/** `Opus in Ogg`, `WAV`, `FLAC`: FFmpeg's names as people say them. */
export function formatName({ container, codec }: Pick<Recording, 'container' | 'codec'>): string {
  const outer = CONTAINERS[container] ?? container.toUpperCase();
  if (codec.startsWith('pcm_')) return outer;
  const inner = CODECS[codec] ?? codec.toUpperCase();
  return inner === outer ? outer : `${inner} in ${outer}`;
}
