import type { AudioWarning } from '../model/audio-facts.ts';
import type { ByteReader } from './byte-reader.ts';
import { id3v2Bytes } from './declared-size.ts';
import { walkFlacFrames } from './flac-walk.ts';
import { walkMpegFrames } from './mpeg-walk.ts';
import { walkOggPages } from './ogg-walk.ts';
import { damageRemark } from './scan-verdict.ts';

/** Files of up to this size are looked through whole: damage in their middle shows in no header. */
const SMALL_FILE_BYTES = 196_608;
/** Of larger ones only the first frame or page with sound is looked for, so far from the start. */
const HEAD_BYTES = 65_536;

/** What walking from frame to frame, or from page to page, comes to. */
export interface StructureWalk {
  /** Frames or pages with sound that are as they should be. */
  readonly soundCount: number;
  readonly damagedCount: number;
  /** Bytes of those with sound. */
  readonly soundBytes: number;
  /** How long they last, where each says it. */
  readonly soundSeconds?: number;
}

export interface StructureCheck {
  /** There is sound, as it was written: decoding some of it would tell no more. */
  readonly hasSound: boolean;
  readonly warnings: readonly AudioWarning[];
  /** Bytes of the coded audio; null where not all of it was looked through. */
  readonly soundBytes: number | null;
  /** Length of the audio; null where nothing but its packets tells it, or not all of it was looked through. */
  readonly soundSeconds: number | null;
}

const NOTHING_SEEN: StructureCheck = { hasSound: false, warnings: [], soundBytes: null, soundSeconds: null };

const WALKS: Readonly<Record<string, (bytes: Buffer, isWhole: boolean) => StructureWalk>> = {
  flac: walkFlacFrames,
  ogg: walkOggPages,
  mp3: walkMpegFrames,
};

/**
 * Looks through frames of FLAC and MP3, and pages of Ogg, by their own checksums and lengths, which costs a tenth of
 * decoding them. Other containers have neither. `demuxer` is FFmpeg's name of the format.
 */
export function checkStructure(reader: ByteReader, demuxer: string): StructureCheck {
  const walk = WALKS[demuxer];
  if (walk === undefined) return NOTHING_SEEN;
  const start = demuxer === 'mp3' ? id3v2Bytes(reader) : 0;
  const isWhole = reader.sizeBytes - start <= SMALL_FILE_BYTES;
  const bytes = reader.copy(start, isWhole ? SMALL_FILE_BYTES : HEAD_BYTES);
  const { soundCount, damagedCount, soundBytes, soundSeconds } = walk(bytes, isWhole);
  const parts = demuxer === 'ogg' ? 'pages' : 'frames';
  const warnings = damagedCount === 0 ? [] : [damageRemark(damagedCount, soundCount + damagedCount, parts)];
  if (soundCount === 0) return { ...NOTHING_SEEN, warnings };
  if (!isWhole) return { ...NOTHING_SEEN, hasSound: true, warnings };
  return { hasSound: true, warnings, soundBytes, soundSeconds: soundSeconds ?? null };
}
