import { VoiceRecorderError } from '../model/failure.ts';
import type { ByteReader } from './byte-reader.ts';

export interface RiffChunk {
  readonly id: string;
  readonly offset: number;
  /** As far as the file really goes. */
  readonly sizeBytes: number;
}

/** The chunks of a WAV, RF64 or BW64 file, as far as they could be walked. */
export interface RiffFile {
  readonly container: 'wav' | 'rf64' | 'bw64';
  readonly chunks: readonly RiffChunk[];
  /** Where the samples lie and how many bytes of them there really are. */
  readonly data: { readonly offset: number; readonly sizeBytes: number };
  /**
   * `open`: the header was never finished (0 or all ones, as streams and killed recorders leave it), so the
   * samples reach to the end of the file; `cut`: the header promises more than the file has.
   */
  readonly dataState: 'whole' | 'open' | 'cut';
}

/** More chunks than this before or after the samples are noise, not a file. */
const MAX_CHUNKS = 4096;
const ALL_ONES = 0xffff_ffff;

/**
 * Reads the chunk structure (Microsoft RIFF; EBU Tech 3306 for RF64; ITU-R BS.2088 for BW64).
 * Throws `audio-unreadable` where the structure breaks before the samples and `audio-no-samples` without any.
 */
export function readRiffFile(reader: ByteReader): RiffFile {
  const head = reader.copy(0, 12);
  if (head.length < 12) throw unreadable('is cut inside its first 12 bytes');
  const tag = head.toString('latin1', 0, 4);
  const container = tag === 'RF64' ? 'rf64' : tag === 'BW64' ? 'bw64' : 'wav';
  const isRiffSizeTrue = head.readUInt32LE(4) + 8 === reader.sizeBytes;
  const chunks: RiffChunk[] = [];
  let longDataBytes: number | undefined;
  let data: RiffFile['data'] | undefined;
  let dataState: RiffFile['dataState'] = 'whole';
  let offset = 12;
  while (offset + 8 <= reader.sizeBytes && chunks.length < MAX_CHUNKS) {
    const header = reader.view(offset, 8);
    const id = header.toString('latin1', 0, 4);
    let declared = header.readUInt32LE(4);
    const start = offset + 8;
    const available = reader.sizeBytes - start;
    if (id === 'data' && data === undefined) {
      if (declared === ALL_ONES && longDataBytes !== undefined) declared = longDataBytes;
      dataState = judgeDataSize(declared, available, isRiffSizeTrue);
      data = { offset: start, sizeBytes: dataState === 'whole' ? declared : available };
      if (dataState !== 'whole') break;
    } else if (declared > available && data === undefined) {
      throw unreadable(`has a "${printable(id)}" chunk of ${declared} bytes where only ${available} follow`);
    } else {
      if (id === 'ds64' && declared >= 16) longDataBytes = readLength(reader.view(start + 8, 8));
      chunks.push({ id, offset: start, sizeBytes: Math.min(declared, available) });
    }
    offset = start + declared + (declared % 2);
  }
  if (!chunks.some((chunk) => chunk.id === 'fmt ')) throw unreadable('has no "fmt " chunk');
  if (data === undefined || data.sizeBytes === 0) {
    throw new VoiceRecorderError(
      'audio-no-samples',
      'The WAV file has a header but no samples ("data" chunk).',
    );
  }
  return { container, chunks, data, dataState };
}

function judgeDataSize(declared: number, available: number, isRiffSizeTrue: boolean) {
  // Recorders that never came to finish leave 0, 0xFFFFFFFF or 0x7FFFFFFF less their header.
  const isUnfinished =
    (declared === 0 && !isRiffSizeTrue) ||
    (declared >= 0xffff_ff00 && declared <= ALL_ONES) ||
    (declared >= 0x7fff_f000 && declared <= 0x7fff_ffff);
  if (isUnfinished && declared !== available) return 'open';
  return declared > available ? 'cut' : 'whole';
}

function readLength(bytes: Buffer): number | undefined {
  if (bytes.length < 8) return undefined;
  const length = bytes.readBigUInt64LE(0);
  return length > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(length);
}

function unreadable(found: string): VoiceRecorderError {
  return new VoiceRecorderError('audio-unreadable', `The WAV file ${found}, so its samples cannot be found.`);
}

function printable(id: string): string {
  return id.replace(/[^\x20-\x7e]/g, '?');
}
