/** Every code of a remark that this version makes; `docs/errors.md` explains each. Sidecars may hold others. */
export const AUDIO_WARNINGS = [
  'truncated',
  'size-header-wrong',
  'duration-estimated',
  'duration-differs',
  'decode-errors',
  'wrong-extension',
  'recovered',
] as const;

/** A remark about audio that was kept although something about it is not as it should be. */
export interface AudioWarning {
  /** One of {@link AUDIO_WARNINGS}, or what another version wrote. */
  readonly code: string;
  readonly message: string;
}

/** What the file itself says about its content. */
export interface EmbeddedTags {
  readonly title: string | null;
  readonly artist: string | null;
  readonly album: string | null;
  readonly date: string | null;
  readonly comment: string | null;
  /** Broadcast Wave `bext` fields (EBU Tech 3285), by name; null when there is no such chunk. */
  readonly bext: Readonly<Record<string, string | number>> | null;
  /** The raw iXML document; null when there is none. */
  readonly ixml: string | null;
  /** What people look for in it (project, scene, take, tape, note, track names, …), by name; null when there is none. */
  readonly ixmlFields: Readonly<Record<string, string>> | null;
}

/** What a probe found out about one audio file. Container and codec names are FFmpeg's. */
export interface AudioFacts {
  readonly container: string;
  readonly codec: string;
  readonly mimeType: string;
  /** Extension that fits the content, without the dot: `ogg`, `wav`, … */
  readonly extension: string;
  /** Length of the audio itself; null only when nothing could tell. */
  readonly durationSeconds: number | null;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Bits per sample of PCM and lossless codecs; null for lossy ones. */
  readonly bitDepth: number | null;
  /** Of the audio stream. */
  readonly bitRateBps: number | null;
  readonly embedded: EmbeddedTags;
  /** When the container says that it was made, ISO 8601; phones and recorders write it, other programs too. */
  readonly madeAt: string | null;
  /** False when browsers cannot play or seek the original and a rendition is needed. */
  readonly isPlayable: boolean;
  readonly warnings: readonly AudioWarning[];
}

export const NO_TAGS: EmbeddedTags = {
  title: null,
  artist: null,
  album: null,
  date: null,
  comment: null,
  bext: null,
  ixml: null,
  ixmlFields: null,
};
