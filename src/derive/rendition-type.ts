/** Endings of renditions by the type they are served with. */
export const EXTENSION_BY_TYPE: Readonly<Record<string, string>> = {
  'audio/webm': 'webm',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
};

/** The type of `playable.<ending>`; undefined for every other name. */
export function mimeTypeOfRendition(name: string): string | undefined {
  const ending = /^playable\.([a-z0-9]+)$/.exec(name)?.[1];
  return Object.keys(EXTENSION_BY_TYPE).find((type) => EXTENSION_BY_TYPE[type] === ending);
}
