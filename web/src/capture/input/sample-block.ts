/** About 100 ms of sound, as the audio thread sends it: two planes, alike when the device is mono. */
export interface SampleBlock {
  readonly sampleRateHz: number;
  readonly frames: number;
  readonly planes: readonly [Float32Array, Float32Array];
  /** The device has one channel, and the planes are alike. */
  readonly isMono?: true;
  /** When its first sample was captured, on a clock that nobody sets; null where the source does not tell. */
  readonly capturedAtMs: number | null;
  /** So many frames, from this block's first one on, were captured before Record was pressed. */
  readonly preRollFrames: number;
}

/** Said in its place between the blocks: a pause begins, or the source has had its last word. */
interface SampleSign {
  readonly sign: 'pause' | 'end';
}

export type SampleMessage = SampleBlock | SampleSign;

/** A block as two, the first of so many frames. */
export function cutBlock(block: SampleBlock, frames: number): [SampleBlock, SampleBlock] {
  const [left, right] = block.planes;
  const cutMs = (frames / block.sampleRateHz) * 1000;
  return [
    { ...block, frames, planes: [left.subarray(0, frames), right.subarray(0, frames)] },
    {
      ...block,
      frames: block.frames - frames,
      planes: [left.subarray(frames), right.subarray(frames)],
      capturedAtMs: block.capturedAtMs === null ? null : block.capturedAtMs + cutMs,
      preRollFrames: Math.max(0, block.preRollFrames - frames),
    },
  ];
}

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
