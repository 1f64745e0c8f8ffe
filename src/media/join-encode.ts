import { AudioEncoder, type EncoderWish } from './audio-encoder.ts';
import { ByteReader } from './byte-reader.ts';
import { withGuardedFile } from './guarded-file.ts';
import type { JoinedParts, JoinProgress } from './join-parts.ts';
import { withSamples } from './pcm-input.ts';
import { feedEncoder } from './render-encode.ts';

const FLAC = { encoder: 'flac', muxer: 'flac', muxerOptions: {} } as const;

/** Decodes the segments one after the other and encodes their samples to one FLAC file. */
export function joinByEncoding(
  parts: readonly { readonly path: string; readonly container: string }[],
  target: EncoderWish,
  outputPath: string,
  onProgress: JoinProgress,
): JoinedParts {
  const encoder = new AudioEncoder(outputPath, FLAC, target);
  const startsSeconds: number[] = [];
  let bytesBefore = 0;
  try {
    for (const { path, container } of parts) {
      bytesBefore += withGuardedFile(path, (file) => {
        startsSeconds.push(encoder.frameCount / target.sampleRateHz);
        const reader = new ByteReader(file.descriptor, file.sizeBytes);
        withSamples(file, reader, container, (input, options) =>
          feedEncoder(input, encoder, {
            ...options,
            onProgress: (bytes) => onProgress(bytesBefore + bytes),
          }),
        );
        encoder.endPart();
        return file.sizeBytes;
      });
    }
    return { startsSeconds, durationSeconds: encoder.finish() };
  } finally {
    encoder.close();
  }
}
