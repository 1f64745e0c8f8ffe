export interface Likeness {
  /** Where in the reference the recording begins. */
  readonly offsetSeconds: number;
  /** Pearson correlation of the samples over the whole recording, at the best offset. */
  readonly correlation: number;
}

/** Between the samples along a curve through the nearest four: right for voices, whose tones are low. */
export function changeRate(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples;
  const length = Math.floor((samples.length * toHz) / fromHz);
  return Float32Array.from({ length }, (_, index) => {
    const place = (index * fromHz) / toHz;
    const at = Math.floor(place);
    const share = place - at;
    const [a = 0, b = 0, c = 0, d = 0] = [samples[at - 1], samples[at], samples[at + 1], samples[at + 2]];
    const slope = (c - a) / 2;
    const next = (d - b) / 2;
    const bend = 3 * (c - b) - 2 * slope - next;
    return b + share * (slope + share * (bend + share * (slope + next - 2 * (c - b))));
  });
}

/** Rough looks at every so many samples come first. */
const QUICK_STEPS = [64, 16];
const SURE_STEPS = [16];
const SURE_CORRELATION = 0.98;
/** What rounding may leave of the energy of nothing. */
const SILENT = 1e-6;

/** Finds the place of `heard` in `played` (same rate) and how alike they are there. */
export function likeness(heard: Float32Array, played: Float32Array, sampleRateHz: number): Likeness {
  const quick = likenessBy(QUICK_STEPS, heard, played, sampleRateHz);
  // The roughest look may take one syllable for another.
  return quick.correlation >= SURE_CORRELATION ? quick : likenessBy(SURE_STEPS, heard, played, sampleRateHz);
}

function likenessBy(
  steps: readonly number[],
  heard: Float32Array,
  played: Float32Array,
  sampleRateHz: number,
): Likeness {
  const probeStart = Math.floor(heard.length * 0.3);
  const probe = heard.subarray(
    probeStart,
    probeStart + Math.min(2 * sampleRateHz, heard.length - probeStart),
  );
  let place = 0;
  let [from, to] = [0, played.length - probe.length];
  for (const step of [...steps, 1]) {
    const needle = thin(probe, step);
    place = step * bestOffset(needle, thin(played, step), Math.floor(from / step), Math.floor(to / step));
    [from, to] = [Math.max(0, place - 2 * step), place + 2 * step];
  }
  const start = place - probeStart;
  const heardFrom = Math.max(0, -start);
  const length = Math.min(heard.length - heardFrom, played.length - Math.max(0, start));
  const correlation = correlate(
    heard.subarray(heardFrom, heardFrom + length),
    played.subarray(start + heardFrom, start + heardFrom + length),
  );
  return { offsetSeconds: start / sampleRateHz, correlation };
}

function thin(samples: Float32Array, step: number): Float32Array {
  if (step === 1) return samples;
  const thinned = new Float32Array(Math.floor(samples.length / step));
  for (let index = 0; index < thinned.length; index++) {
    let sum = 0;
    for (let i = 0; i < step; i++) sum += samples[index * step + i] ?? 0;
    thinned[index] = sum;
  }
  return thinned;
}

/** Where `needle` is most like `hay`; the energy of each piece of it is that of the one before, moved by one sample. */
function bestOffset(needle: Float32Array, hay: Float32Array, from: number, to: number): number {
  let energy = 0;
  for (let i = from; i < from + needle.length; i++) energy += square(hay, i);
  let best = from;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let offset = from; offset <= to; offset++) {
    const value = energy <= SILENT ? 0 : product(needle, hay, offset) / Math.sqrt(energy);
    if (value > bestValue) {
      bestValue = value;
      best = offset;
    }
    energy += square(hay, offset + needle.length) - square(hay, offset);
  }
  return best;
}

function square(samples: Float32Array, at: number): number {
  return (samples[at] ?? 0) ** 2;
}

/** Four sums at once: one alone waits for itself at every sample. */
function product(needle: Float32Array, hay: Float32Array, offset: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const fours = needle.length & ~3;
  for (let i = 0; i < fours; i += 4) {
    const at = offset + i;
    a += (needle[i] ?? 0) * (hay[at] ?? 0);
    b += (needle[i + 1] ?? 0) * (hay[at + 1] ?? 0);
    c += (needle[i + 2] ?? 0) * (hay[at + 2] ?? 0);
    d += (needle[i + 3] ?? 0) * (hay[at + 3] ?? 0);
  }
  for (let i = fours; i < needle.length; i++) a += (needle[i] ?? 0) * (hay[offset + i] ?? 0);
  return a + b + c + d;
}

function correlate(a: Float32Array, b: Float32Array): number {
  const length = Math.min(a.length, b.length);
  let sumAB = 0;
  let sumAA = 0;
  let sumBB = 0;
  for (let i = 0; i < length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    sumAB += x * y;
    sumAA += x * x;
    sumBB += y * y;
  }
  return sumAA === 0 || sumBB === 0 ? 0 : sumAB / Math.sqrt(sumAA * sumBB);
}
