import { Packet } from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import { AudioDecoder } from './audio-decoder.ts';
import { AudioEncoder } from './audio-encoder.ts';
import type { AudioInput } from './audio-input.ts';
import { collectGarbage } from './native-memory.ts';
import type { EncodingPlan } from './rendition-plan.ts';

export interface EncodeOptions {
  readonly onProgress: (bytesDone: number) => void;
  /** Stops after so many bytes of packets: where a raw reader would run on into what follows the samples. */
  readonly maxPacketBytes?: number;
}

/** Decodes `input` and encodes it anew as `plan` says into `outputPath`; answers with its length in seconds. */
export function encodeAudio(
  input: AudioInput,
  plan: EncodingPlan,
  outputPath: string,
  options: EncodeOptions,
): number {
  const encoder = new AudioEncoder(outputPath, plan);
  try {
    feedEncoder(input, encoder, options);
    if (encoder.frameCount === 0) {
      throw new VoiceRecorderError('audio-no-samples', 'None of the audio in the file can be decoded.');
    }
    return encoder.finish();
  } finally {
    encoder.close();
  }
}

/** Decodes all of `input` and gives it to `encoder`, which may take more from elsewhere afterwards. */
export function feedEncoder(input: AudioInput, encoder: AudioEncoder, options: EncodeOptions): void {
  const decoder = new AudioDecoder(input);
  using packet = new Packet();
  packet.alloc();
  const maxBytes = options.maxPacketBytes ?? Number.POSITIVE_INFINITY;
  let bytesDone = 0;
  let packetCount = 0;
  try {
    while (bytesDone < maxBytes && input.context.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === input.stream.index) {
        bytesDone += packet.size;
        packetCount += 1;
        decoder.decode(packet, (frame) => encoder.add(frame));
        if (packetCount % 64 === 0) options.onProgress(bytesDone);
        collectGarbage(packetCount);
      }
      packet.unref();
    }
    decoder.decode(null, (frame) => encoder.add(frame));
  } finally {
    decoder.close();
  }
}
