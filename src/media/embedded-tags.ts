import type { Dictionary } from 'node-av/lib';
import type { EmbeddedTags } from '../model/audio-facts.ts';
import { NO_TAGS } from '../model/audio-facts.ts';

const MAX_TEXT_LENGTH = 16_384;

/** FFmpeg's names of what we keep, the likeliest first. */
const NAMES = {
  title: ['title'],
  artist: ['artist', 'album_artist', 'author', 'performer'],
  album: ['album'],
  date: ['date', 'year', 'TYER', 'TDRC'],
  comment: ['comment', 'comments', 'description'],
} as const;

/** When the container says it was made: MP4 and MOV by their movie header, Matroska by its DateUTC. */
export function readMadeAt(container: Dictionary | null): string | null {
  const text = container?.get('creation_time') ?? null;
  return text === null || Number.isNaN(Date.parse(text)) ? null : text;
}

/** Tags of the container, else of the stream; FFmpeg has made UTF-8 of them. */
export function readEmbeddedTags(container: Dictionary | null, stream: Dictionary | null): EmbeddedTags {
  const found = new Map<string, string>();
  for (const dictionary of [stream, container]) {
    for (const [name, value] of Object.entries(dictionary?.getAll() ?? {})) {
      const text = value.trim().slice(0, MAX_TEXT_LENGTH);
      if (text !== '') found.set(name.toLowerCase(), text);
    }
  }
  const first = (names: readonly string[]) =>
    names.map((name) => found.get(name.toLowerCase())).find((text) => text !== undefined) ?? null;
  return {
    ...NO_TAGS,
    title: first(NAMES.title),
    artist: first(NAMES.artist),
    album: first(NAMES.album),
    date: first(NAMES.date),
    comment: first(NAMES.comment),
  };
}
