import type { Preset } from '../../../src/model/preset.ts';
import { openEncoder } from './encoding/segment-encoder.ts';

const FORMAT = { sampleRateHz: 48_000, channels: 2 } as const;
const SILENT_SECONDS = 0.2;

const prepared = new Map<Preset['codec'], Promise<void>>();

/**
 * Loads an encoder and lets it encode a moment of silence. Its code, its worker and its WebAssembly would else be
 * fetched and compiled while the first samples of a take wait in memory, and a page killed then takes them with it.
 */
export function prepareEncoder(preset: Preset): Promise<void> {
  const done = prepared.get(preset.codec) ?? encodeSilence(preset);
  prepared.set(preset.codec, done);
  return done;
}

async function encodeSilence(preset: Preset): Promise<void> {
  try {
    const encoder = await openEncoder(preset, FORMAT, () => {});
    await encoder.add(new Float32Array(FORMAT.sampleRateHz * SILENT_SECONDS * encoder.channels));
    await encoder.finish();
  } catch {
    // The take that wants it will say what is wrong; it may be right by then.
    prepared.delete(preset.codec);
  }
}
