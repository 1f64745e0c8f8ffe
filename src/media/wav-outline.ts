import { ByteReader } from './byte-reader.ts';
import { sniffContent } from './content-sniff.ts';
import { type RiffFile, readRiffFile } from './riff-file.ts';
import { readWaveFormat, type WaveFormat } from './riff-format.ts';

/** A WAV file whose structure was read. */
export interface WavOutline {
  readonly file: RiffFile;
  readonly format: WaveFormat;
}

const HEAD_BYTES = 4096;

/** Reads an open file that begins like a WAV file; undefined for all others. */
export function openWav(file: {
  readonly descriptor: number;
  readonly sizeBytes: number;
}): ByteReader | undefined {
  const reader = new ByteReader(file.descriptor, file.sizeBytes, HEAD_BYTES);
  return sniffContent(reader.copy(0, HEAD_BYTES)).family === 'wav' ? reader : undefined;
}

export function readWavOutline(reader: ByteReader): WavOutline {
  const file = readRiffFile(reader);
  const chunk = file.chunks.find((one) => one.id === 'fmt ');
  const format = readWaveFormat(reader.copy(chunk?.offset ?? 0, Math.min(chunk?.sizeBytes ?? 0, 4096)));
  return { file, format };
}
