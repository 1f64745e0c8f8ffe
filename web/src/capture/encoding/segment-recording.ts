import type { Preset } from '../../../../src/model/preset.ts';
import { mixDown, type SampleBlock } from '../input/sample-block.ts';
import { openEncoder, type SegmentEncoder } from './segment-encoder.ts';

export interface RecordingListener {
  onBytes(bytes: Uint8Array): void;
  /** The encoder gave up; what it wrote before is valid. */
  onFailure(error: unknown): void;
}

export interface SegmentRecording {
  /** All blocks of one segment have the same rate. */
  add(block: SampleBlock): void;
  /** Resolves when everything that came is encoded and given to `onBytes`. */
  finish(): Promise<void>;
}

/** Encodes blocks; those that come while the encoder opens wait. */
export function recordSegment(preset: Preset, listener: RecordingListener): SegmentRecording {
  let encoder: Promise<SegmentEncoder> | null = null;
  let hasFailed = false;

  function fail(error: unknown): void {
    if (hasFailed) return;
    hasFailed = true;
    listener.onFailure(error);
  }

  async function encode(block: SampleBlock): Promise<void> {
    const { sampleRateHz, isMono } = block;
    encoder ??= openEncoder(preset, { sampleRateHz, channels: isMono ? 1 : 2 }, listener.onBytes);
    const opened = await encoder;
    await opened.add(mixDown(block, opened.channels));
  }

  return {
    add(block) {
      if (!hasFailed) encode(block).catch(fail);
    },
    async finish() {
      try {
        await (await encoder)?.finish();
      } catch (error) {
        fail(error);
      }
    },
  };
}
