import type { Preset } from '../../../src/model/preset.ts';
import { isDigitalSilence, mixDown, type SampleMessage } from './sample-block.ts';
import { openEncoder, type SegmentEncoder } from './segment-encoder.ts';

/** Where the samples of one segment come from: the audio thread's port, past the page. */
export interface SampleInput {
  readonly port: MessagePort;
  readonly sampleRateHz: number;
}

export interface RecordingListener {
  onBytes(bytes: Uint8Array): void;
  /** The encoder gave up; what it wrote before is valid. */
  onFailure(error: unknown): void;
  /** True after five seconds of nothing but zeros: a muted or dead input looks like that, a quiet room does not. */
  onSilence(isSilent: boolean): void;
  /** The audio thread said its last word by itself. */
  onEnd?(): void;
}

const SILENCE_SECONDS = 5;
// The audio thread answers within one block; a closed or frozen one never does.
const END_WAIT_MS = 1_500;

export interface SegmentRecording {
  /** Resolves when everything the audio thread sent is encoded and given to `onBytes`. */
  end(): Promise<void>;
}

/** Encodes what arrives on `input.port`. Blocks that come while the encoder opens wait in the port. */
export async function recordSegment(
  input: SampleInput,
  preset: Preset,
  listener: RecordingListener,
): Promise<SegmentRecording> {
  const encoder: SegmentEncoder = await openEncoder(preset, input.sampleRateHz, listener.onBytes);
  const ended = Promise.withResolvers<void>();
  let silentFrames = 0;
  let hasFailed = false;

  function fail(error: unknown): void {
    if (hasFailed) return;
    hasFailed = true;
    listener.onFailure(error);
  }

  function listenForSilence(samples: Float32Array): void {
    const wasSilent = silentFrames > SILENCE_SECONDS * input.sampleRateHz;
    silentFrames = isDigitalSilence(samples) ? silentFrames + samples.length / preset.channels : 0;
    const isSilent = silentFrames > SILENCE_SECONDS * input.sampleRateHz;
    if (isSilent !== wasSilent) listener.onSilence(isSilent);
  }

  input.port.onmessage = (event: MessageEvent<SampleMessage>) => {
    const message = event.data;
    if ('isEnd' in message) {
      ended.resolve();
      listener.onEnd?.();
      return;
    }
    if (hasFailed) return;
    const samples = mixDown(message, preset.channels);
    listenForSilence(samples);
    encoder.add(samples).catch(fail);
  };

  return {
    async end() {
      const timer = setTimeout(ended.resolve, END_WAIT_MS);
      await ended.promise;
      clearTimeout(timer);
      input.port.onmessage = null;
      input.port.close();
      try {
        await encoder.finish();
      } catch (error) {
        fail(error);
      }
    },
  };
}
