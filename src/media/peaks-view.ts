import { type FileHandle, open } from 'node:fs/promises';
import { VoiceRecorderError } from '../model/failure.ts';
import { decodePeaksHeader, PAIR_BYTES, PEAKS_HEADER_BYTES, type PeaksHeader } from './peaks-format.ts';

/** A stretch of a waveform, at most as many pairs as were asked for. */
export interface WaveformStretch {
  readonly durationSeconds: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Same length both; -1 to 1. */
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export interface WaveformRequest {
  readonly fromSeconds?: number;
  readonly toSeconds?: number;
  /** Pairs wanted, 1 to 20,000. */
  readonly width?: number;
}

const DEFAULT_WIDTH = 1000;
const MAX_WIDTH = 20_000;
/** Pairs read at once: 256 KiB, whatever the length of the recording. */
const BLOCK_PAIRS = 65_536;

/**
 * Reads the asked stretch of the peaks file `path`, and only the bytes it needs. A stretch that has fewer pairs than
 * `width` is answered with those it has. Rejects with `media-failed` when the file is no sound peaks file.
 */
export async function readPeaksView(path: string, request: WaveformRequest = {}): Promise<WaveformStretch> {
  const file = await open(path, 'r');
  try {
    const header = await readHeader(file, path);
    return await readStretch(file, header, request);
  } finally {
    await file.close();
  }
}

async function readHeader(file: FileHandle, path: string): Promise<PeaksHeader> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(PEAKS_HEADER_BYTES);
  const { bytesRead } = await file.read(bytes, 0, PEAKS_HEADER_BYTES, 0);
  const header = decodePeaksHeader(bytes.subarray(0, bytesRead), size);
  if (header !== undefined) return header;
  throw new VoiceRecorderError(
    'media-failed',
    `The peaks file ${path} is damaged or of a version unknown here: remove it, and it is made anew.`,
  );
}

async function readStretch(
  file: FileHandle,
  header: PeaksHeader,
  request: WaveformRequest,
): Promise<WaveformStretch> {
  const { pairsPerSecond, pairCount } = header;
  const durationSeconds = header.sampleCount / header.sampleRateHz;
  const fromSeconds = clamp(request.fromSeconds ?? 0, 0, durationSeconds);
  const toSeconds = clamp(request.toSeconds ?? durationSeconds, fromSeconds, durationSeconds);
  const first = Math.min(Math.floor(fromSeconds * pairsPerSecond), pairCount);
  const end = Math.min(Math.ceil(toSeconds * pairsPerSecond), pairCount);
  const count = Math.max(end - first, 0);
  const width = Math.min(clamp(Math.round(request.width ?? DEFAULT_WIDTH), 1, MAX_WIDTH), count);
  const min: number[] = [];
  const max: number[] = [];
  const block = Buffer.alloc(Math.min(BLOCK_PAIRS, count) * PAIR_BYTES);
  let bin = 0;
  let binEnd = Math.floor(count / Math.max(width, 1));
  let low = 32_767;
  let high = -32_768;
  for (let done = 0; done < count; ) {
    const wantedBytes = Math.min(BLOCK_PAIRS, count - done) * PAIR_BYTES;
    const { bytesRead } = await file.read(
      block,
      0,
      wantedBytes,
      PEAKS_HEADER_BYTES + (first + done) * PAIR_BYTES,
    );
    const got = Math.floor(bytesRead / PAIR_BYTES);
    if (got === 0) break;
    const samples = new Int16Array(block.buffer, block.byteOffset, got * 2);
    for (let index = 0; index < got; index += 1) {
      low = Math.min(low, samples[index * 2] ?? 0);
      high = Math.max(high, samples[index * 2 + 1] ?? 0);
      if (done + index + 1 === binEnd) {
        min.push(toUnit(low));
        max.push(toUnit(high));
        bin += 1;
        binEnd = Math.floor(((bin + 1) * count) / width);
        low = 32_767;
        high = -32_768;
      }
    }
    done += got;
  }
  return { durationSeconds, fromSeconds, toSeconds, min, max };
}

/** Four decimals are finer than 16 bits look on any screen, and half as long in JSON. */
function toUnit(value: number): number {
  return Math.round((value / 32_768) * 10_000) / 10_000;
}

function clamp(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : low;
}
