/** About 100 ms of sound, as the audio thread sends it: two planes, alike when the device is mono. */
export interface SampleBlock {
  readonly sampleRateHz: number;
  readonly frames: number;
  readonly planes: readonly [Float32Array, Float32Array];
}

/** The audio thread's last word about a segment. */
interface SampleEnd {
  readonly isEnd: true;
}

export type SampleMessage = SampleBlock | SampleEnd;

/** The mean of both channels, or both interleaved. */
export function mixDown(block: SampleBlock, channels: 1 | 2): Float32Array<ArrayBuffer> {
  const [left, right] = block.planes;
  const mixed = new Float32Array(block.frames * channels);
  for (let i = 0; i < block.frames; i++) {
    const l = left[i] ?? 0;
    const r = right[i] ?? 0;
    if (channels === 1) mixed[i] = (l + r) / 2;
    else {
      mixed[2 * i] = l;
      mixed[2 * i + 1] = r;
    }
  }
  return mixed;
}

export function isDigitalSilence(samples: Float32Array): boolean {
  for (const sample of samples) if (sample !== 0) return false;
  return true;
}
