import { avGetBytesPerSample, avSampleFmtIsPlanar, Packet } from 'node-av/lib';
import { AudioDecoder } from '../src/media/audio-decoder.ts';
import { withAudioInput } from '../src/media/audio-input.ts';
import { withGuardedFile } from '../src/media/guarded-file.ts';

export interface DecodedSamples {
  /** Raw samples of each plane, in the decoder's own format. */
  readonly planes: readonly Buffer[];
  readonly sampleCount: number;
  /** Packets that were damaged, checksums included. */
  readonly errorCount: number;
}

/** Decodes all of a file with FFmpeg as strictly as it can. */
export function decodeSamples(path: string): DecodedSamples {
  const planes: Buffer[][] = [];
  let sampleCount = 0;
  const errorCount = withGuardedFile(path, (file) =>
    withAudioInput(file, (input) => {
      const decoder = new AudioDecoder(input, true);
      using packet = new Packet();
      packet.alloc();
      const take = (done: Packet | null) =>
        decoder.decode(done, (frame) => {
          sampleCount += frame.nbSamples;
          const format = frame.format as Parameters<typeof avGetBytesPerSample>[0];
          const channels = avSampleFmtIsPlanar(format) ? 1 : frame.channels;
          const bytes = frame.nbSamples * channels * avGetBytesPerSample(format);
          for (const [index, plane] of (frame.extendedData ?? frame.data ?? []).entries()) {
            planes[index] ??= [];
            planes[index].push(Buffer.from(plane.subarray(0, bytes)));
          }
        });
      while (input.context.readFrameSync(packet) >= 0) {
        if (packet.streamIndex === input.stream.index) take(packet);
        packet.unref();
      }
      take(null);
      decoder.close();
      return decoder.errorCount;
    }),
  );
  return { planes: planes.map((parts) => Buffer.concat(parts)), sampleCount, errorCount };
}
