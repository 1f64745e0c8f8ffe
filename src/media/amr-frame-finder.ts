import type { FoundFrame, FrameFinder } from './frame-finder.ts';

/** Bytes of a frame by its type (3GPP TS 26.101 annex A, TS 26.201 annex A; RFC 4867 section 5.3), its first byte included. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  amr_nb: [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1],
  amr_wb: [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1],
};
const SAMPLES: Readonly<Record<string, number>> = { amr_nb: 160, amr_wb: 320 };
/** Of the first byte: padding bits, and the mark of a frame that arrived in order. */
const FIXED_BITS = 0b1000_0111;
const GOOD_FRAME = 0b0000_0100;

/** Frames of AMR say their length in their first byte. Undefined for other codecs. */
export function openAmrFinder(codec: string): FrameFinder | undefined {
  const sizes = SIZES[codec];
  if (sizes === undefined) return undefined;
  const samples = SAMPLES[codec] ?? 0;
  return {
    largestBytes: Math.max(...sizes),
    find(bytes: Buffer): FoundFrame | undefined {
      const first = bytes[0] ?? 0;
      const sizeBytes = sizes[(first >> 3) & 15] ?? 0;
      const isFrame = (first & FIXED_BITS) === GOOD_FRAME && sizeBytes > 0 && sizeBytes <= bytes.length;
      return isFrame ? { sizeBytes, samples } : undefined;
    },
    close: () => undefined,
  };
}
