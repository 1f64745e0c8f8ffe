import type { Preset } from '../../../../src/model/preset.ts';

/** What a segment is kept as; its file's name ends so. */
export type AudioFileKind = 'ogg' | 'flac';

export function fileKindOf({ codec }: Pick<Preset, 'codec'>): AudioFileKind {
  return codec === 'flac' ? 'flac' : 'ogg';
}

export function fileKindOfName(filename: string): AudioFileKind {
  return filename.endsWith('.flac') ? 'flac' : 'ogg';
}

export function mimeTypeOf(kind: AudioFileKind): string {
  return kind === 'flac' ? 'audio/flac' : 'audio/ogg; codecs=opus';
}

export function segmentFileName(segment: number, kind: AudioFileKind): string {
  return `segment-${segment}.${kind}`;
}
