import type { ByteReader } from './byte-reader.ts';
import { type RiffFile, readRiffFile } from './riff-file.ts';
import { readWaveFormat, type WaveFormat } from './riff-format.ts';

/** A WAV file whose structure was read. */
export interface WavOutline {
  readonly file: RiffFile;
  readonly format: WaveFormat;
}

export function readWavOutline(reader: ByteReader): WavOutline {
  const file = readRiffFile(reader);
  const chunk = file.chunks.find((one) => one.id === 'fmt ');
  const format = readWaveFormat(reader.copy(chunk?.offset ?? 0, Math.min(chunk?.sizeBytes ?? 0, 4096)));
  return { file, format };
}
