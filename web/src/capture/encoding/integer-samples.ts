const FULL_SCALE = 2 ** 23;
const STEPS_BELOW_ZERO = 2 ** 15;
const STEPS_ABOVE_ZERO = 2 ** 15 - 1;
/** What two roundings to a float's 24 bits can shift a sample by, of its own size. */
const ROUNDING_SHARE = 2 ** -22;

/**
 * Samples of 24 bits in the upper part of 32; exact for everything that came from 24 bits or fewer. Chromium divides
 * samples of 16 bits by 32,768 below zero and by 32,767 above: a block in which every sample fits that becomes the
 * device's own numbers again.
 */
export function toIntegers(samples: Float32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const toStep = isFrom16Bits(samples) ? sixteenBitStep : twentyFourBitStep;
  // `Int32Array.from` makes a list of all of them first: tens of megabytes of garbage in a minute of a take.
  const steps = new Int32Array(samples.length);
  for (let i = 0; i < samples.length; i++) steps[i] = toStep(samples[i] ?? 0);
  return steps;
}

function isFrom16Bits(samples: Float32Array): boolean {
  for (const sample of samples) {
    const steps = sample * (sample < 0 ? STEPS_BELOW_ZERO : STEPS_ABOVE_ZERO);
    if (Math.abs(steps - Math.round(steps)) > Math.abs(steps) * ROUNDING_SHARE) return false;
  }
  return true;
}

function sixteenBitStep(sample: number): number {
  return Math.round(sample * (sample < 0 ? STEPS_BELOW_ZERO : STEPS_ABOVE_ZERO)) * 2 ** 16;
}

function twentyFourBitStep(sample: number): number {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE))) * 2 ** 8;
}
