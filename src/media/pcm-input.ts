import { type AudioInput, withAudioInput } from './audio-input.ts';
import type { ByteReader } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { findPcmSpan } from './pcm-span.ts';

/** Opens the audio of `file` for decoding. FFmpeg misreads 24 bits in containers of 32: there it gets the bare samples. */
export function withSamples<T>(
  file: GuardedFile,
  reader: ByteReader,
  container: string,
  use: (input: AudioInput, options: { readonly maxPacketBytes?: number }) => T,
): T {
  const span = findPcmSpan(file, reader);
  if (container !== 'wav' || span?.layout !== 's32le') return withAudioInput(file, (input) => use(input, {}));
  const rawPcm = { ...span, format: 's32le' as const };
  return withAudioInput(file, (input) => use(input, { maxPacketBytes: span.sizeBytes }), { rawPcm });
}
