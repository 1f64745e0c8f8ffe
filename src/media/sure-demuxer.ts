import type { ByteReader } from './byte-reader.ts';
import { id3v2Bytes } from './declared-size.ts';
import { mpegFrameBytes, STEADY_BITS } from './mpeg-frame.ts';

const ASF_HEADER_GUID = '3026b2758e66cf11a6d900aa0062ce6c';
const W64_RIFF_GUID = '726966662e91cf11a5d628db04c10000';
/** So many frames, each where the one before it ends, are no accident. */
const FRAMES_IN_A_ROW = 4;
const FRAME_HEADER_BYTES = 7;

/**
 * FFmpeg's name of the demuxer for a file that its first bytes decide; undefined where FFmpeg must look through all it
 * has, which takes up to a hundred times as long as opening the file.
 */
export function sureDemuxer(reader: ByteReader): string | undefined {
  const head = reader.view(0, 16);
  const tag = head.toString('latin1', 0, 4);
  if (tag === 'fLaC') return 'flac';
  if (tag === 'OggS') return 'ogg';
  if (head.toString('hex', 0, 4) === '1a45dfa3') return 'matroska';
  if (head.toString('latin1', 4, 8) === 'ftyp') return 'mov';
  if (tag === 'FORM' && /^AIF[FC]$/.test(head.toString('latin1', 8, 12))) return 'aiff';
  if (tag === '.snd') return 'au';
  if (tag === 'caff') return 'caf';
  const hex = head.toString('hex');
  if (hex === ASF_HEADER_GUID) return 'asf';
  if (hex === W64_RIFF_GUID) return 'w64';
  const audioOffset = id3v2Bytes(reader);
  if (hasFramesInARow(reader, audioOffset, mpegFrameBytes)) return 'mp3';
  return hasFramesInARow(reader, audioOffset, adtsFrameBytes) ? 'aac' : undefined;
}

function hasFramesInARow(
  reader: ByteReader,
  start: number,
  frameBytes: (bytes: Uint8Array) => number | undefined,
): boolean {
  let offset = start;
  let steady: number | undefined;
  for (let count = 0; count < FRAMES_IN_A_ROW; count += 1) {
    const header = reader.view(offset, FRAME_HEADER_BYTES);
    const length = header.length < FRAME_HEADER_BYTES ? undefined : frameBytes(header);
    if (length === undefined) return false;
    const bits = header.readInt32BE(0) & STEADY_BITS;
    steady ??= bits;
    if (bits !== steady) return false;
    offset += length;
  }
  return true;
}

/** Length of the ADTS frame whose header starts `bytes` (ISO/IEC 13818-7 section 6.2); undefined for anything else. */
function adtsFrameBytes(bytes: Uint8Array): number | undefined {
  const [first = 0, second = 0, , fourth = 0, fifth = 0, sixth = 0] = bytes;
  // Sync word of 12 bits, layer 0.
  if (first !== 0xff || (second & 0xf6) !== 0xf0) return undefined;
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
  return length > 7 ? length : undefined;
}
