import type { AudioFacts } from './audio-facts.ts';

/** What decides how segments can be put together. */
export type JoinFacts = Pick<AudioFacts, 'container' | 'codec' | 'sampleRateHz' | 'channels' | 'bitDepth'>;

/** How the segments of a take become one file. */
export interface JoinPlan {
  /** `original`: there is only one. `copy`: the coded audio is taken over bit by bit. `encode`: decoded, then FLAC. */
  readonly kind: 'original' | 'copy' | 'encode';
  readonly container: string;
  readonly codec: string;
  readonly mimeType: string;
  readonly extension: string;
}

/** More channels than this FLAC cannot hold (RFC 9639 section 9.1.3). */
const MAX_FLAC_CHANNELS = 8;
const FLAC = { container: 'flac', codec: 'flac', mimeType: 'audio/flac', extension: 'flac' } as const;
const WAVES: ReadonlySet<string> = new Set(['wav', 'rf64', 'bw64']);

/** The plan for `parts` in their order; undefined when they cannot be put together (none, or too many channels). */
export function planJoin(
  parts: readonly (JoinFacts & Pick<AudioFacts, 'mimeType'>)[],
  originalExtension: string,
): JoinPlan | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { container, codec, mimeType } = first;
  if (parts.length === 1)
    return { kind: 'original', container, codec, mimeType, extension: originalExtension };
  if (parts.every((part) => isAlike(part, first))) {
    const copy = { kind: 'copy', container, codec } as const;
    if (container === 'ogg' && codec === 'opus') return { ...copy, mimeType: 'audio/ogg', extension: 'opus' };
    if (container === 'flac' && codec === 'flac') return { ...copy, ...FLAC };
    if (WAVES.has(container) && codec.startsWith('pcm_'))
      return { ...copy, container: 'wav', mimeType: 'audio/wav', extension: 'wav' };
  }
  return parts.every(({ channels }) => channels <= MAX_FLAC_CHANNELS) ? encodePlan() : undefined;
}

/** For parts that differ, and for those whose coded audio turns out not to fit together. */
export function encodePlan(): JoinPlan {
  return { kind: 'encode', ...FLAC };
}

function isAlike(a: JoinFacts, b: JoinFacts): boolean {
  const isSameKind = a.container === b.container || (WAVES.has(a.container) && WAVES.has(b.container));
  // Opus always decodes at 48 kHz: what the microphone had before is a remark in its header.
  const isSameRate = a.sampleRateHz === b.sampleRateHz || a.codec === 'opus';
  return (
    isSameKind && a.codec === b.codec && isSameRate && a.channels === b.channels && a.bitDepth === b.bitDepth
  );
}
