/** What we know of a container besides what FFmpeg says: the type we serve it with and the extensions it has. */
export interface ContainerTraits {
  readonly mimeType: string;
  /** The first is the one we give it. */
  readonly extensions: readonly string[];
}

/** Containers of audio by the names this product uses (FFmpeg's, told apart where FFmpeg lumps them together). */
export const CONTAINERS = {
  wav: { mimeType: 'audio/wav', extensions: ['wav', 'wave', 'bwf'] },
  rf64: { mimeType: 'audio/wav', extensions: ['wav', 'wave', 'bwf', 'rf64'] },
  bw64: { mimeType: 'audio/wav', extensions: ['wav', 'wave', 'bwf', 'bw64'] },
  w64: { mimeType: 'audio/x-w64', extensions: ['w64'] },
  aiff: { mimeType: 'audio/aiff', extensions: ['aiff', 'aif', 'afc', 'aifc'] },
  aifc: { mimeType: 'audio/aiff', extensions: ['aifc', 'aif', 'aiff', 'afc'] },
  au: { mimeType: 'audio/basic', extensions: ['au', 'snd'] },
  caf: { mimeType: 'audio/x-caf', extensions: ['caf'] },
  flac: { mimeType: 'audio/flac', extensions: ['flac', 'fla'] },
  mp3: { mimeType: 'audio/mpeg', extensions: ['mp3', 'mpga', 'mp2', 'mpa'] },
  adts: { mimeType: 'audio/aac', extensions: ['aac', 'adts'] },
  amr: { mimeType: 'audio/amr', extensions: ['amr', 'awb', '3ga'] },
  ogg: { mimeType: 'audio/ogg', extensions: ['ogg', 'oga', 'opus', 'spx', 'ogx', 'ogv'] },
  webm: { mimeType: 'audio/webm', extensions: ['webm', 'weba', 'mkv', 'mka'] },
  matroska: { mimeType: 'audio/x-matroska', extensions: ['mka', 'mkv', 'webm', 'weba'] },
  mp4: {
    mimeType: 'audio/mp4',
    extensions: ['m4a', 'mp4', 'm4b', 'm4r', 'mov', 'qt', 'f4a', 'aac', 'm4v', 'alac'],
  },
  '3gp': { mimeType: 'audio/3gpp', extensions: ['3gp', '3gpp', '3ga', '3g2', 'mp4', 'm4a', 'amr'] },
  asf: { mimeType: 'audio/x-ms-wma', extensions: ['wma', 'asf', 'wmv'] },
} as const satisfies Record<string, ContainerTraits>;

export type Container = keyof typeof CONTAINERS;

/** Every extension that promises audio of one of our containers. */
const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set(
  Object.values(CONTAINERS).flatMap((traits) => [...traits.extensions]),
);

export function mimeTypeOf(container: Container, codec: string): string {
  return container === 'amr' && codec === 'amr_wb' ? 'audio/amr-wb' : CONTAINERS[container].mimeType;
}

/** The extension that fits the content. */
export function extensionOf(container: Container, codec: string): string {
  if (container === 'ogg' && codec === 'opus') return 'opus';
  if (container === 'ogg' && codec === 'speex') return 'spx';
  if (container === 'ogg' && codec === 'flac') return 'oga';
  if (container === 'amr' && codec === 'amr_wb') return 'awb';
  return CONTAINERS[container].extensions[0];
}

/** True when the name people gave the file has an extension, and one that this container does not have. */
export function isWrongExtension(container: Container, filename: string): boolean {
  const match = /\.([a-z0-9]{1,8})$/i.exec(filename);
  const extension = match?.[1]?.toLowerCase();
  if (extension === undefined || !AUDIO_EXTENSIONS.has(extension)) return false;
  const own: readonly string[] = CONTAINERS[container].extensions;
  return !own.includes(extension);
}
