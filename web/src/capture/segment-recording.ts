import type { Preset } from '../../../src/model/preset.ts';
import { isDigitalSilence, mixDown, type SampleBlock, type SampleMessage } from './sample-block.ts';
import { openEncoder, type SegmentEncoder } from './segment-encoder.ts';

export interface RecordingListener {
  onBytes(bytes: Uint8Array): void;
  /** The encoder gave up; what it wrote before is valid. */
  onFailure(error: unknown): void;
  /** True after five seconds of nothing but zeros: a muted or dead input looks like that, a quiet room does not. */
  onSilence(isSilent: boolean): void;
  /** The last word about the segment came. */
  onEnd?(): void;
}

const SILENCE_SECONDS = 5;
// The last word comes within one block; from a closed or frozen source it never does.
const END_WAIT_MS = 1_500;

export interface SegmentRecording {
  /** Resolves when everything that came is encoded and given to `onBytes`. */
  end(): Promise<void>;
}

/** Encodes the blocks that arrive on `port`; those that come while the encoder opens wait. */
export function recordSegment(
  port: MessagePort,
  preset: Preset,
  listener: RecordingListener,
): SegmentRecording {
  const ended = Promise.withResolvers<void>();
  let encoder: Promise<SegmentEncoder> | null = null;
  let silentSeconds = 0;
  let hasFailed = false;

  function fail(error: unknown): void {
    if (hasFailed) return;
    hasFailed = true;
    listener.onFailure(error);
  }

  async function encode(block: SampleBlock): Promise<void> {
    const samples = mixDown(block, preset.channels);
    listenForSilence(samples, block.frames / block.sampleRateHz);
    encoder ??= openEncoder(preset, block.sampleRateHz, listener.onBytes);
    const opened = await encoder;
    await opened.add(samples);
  }

  function listenForSilence(samples: Float32Array, seconds: number): void {
    const wasSilent = silentSeconds > SILENCE_SECONDS;
    silentSeconds = isDigitalSilence(samples) ? silentSeconds + seconds : 0;
    const isSilent = silentSeconds > SILENCE_SECONDS;
    if (isSilent !== wasSilent) listener.onSilence(isSilent);
  }

  port.onmessage = (event: MessageEvent<SampleMessage>) => {
    const message = event.data;
    if ('isEnd' in message) {
      ended.resolve();
      listener.onEnd?.();
    } else if (!hasFailed) encode(message).catch(fail);
  };

  return {
    async end() {
      const timer = setTimeout(ended.resolve, END_WAIT_MS);
      await ended.promise;
      clearTimeout(timer);
      port.onmessage = null;
      port.close();
      try {
        await (await encoder)?.finish();
      } catch (error) {
        fail(error);
      }
    },
  };
}
