import { registerFlacEncoder } from '@mediabunny/flac-encoder';
import { AudioSampleSource, FlacOutputFormat } from 'mediabunny';
import { readFlacFrameHeader } from '../../../../src/model/flac-frame.ts';
import { toIntegers } from './integer-samples.ts';
import type { Encoding } from './segment-encoder.ts';

// Frames come every 90 ms; each write to the browser's disk is flushed. With the block under way, the one the encoder
// has in hand and a frame on top, a killed page takes about half a second with it: a busy machine may double that.
const WRITE_EVERY_FRAMES = 2;
/** What libFLAC takes as it is; everything else is converted to 48 kHz. */
const RATES_HZ = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
const STREAM_INFO_BYTES = 42; // RFC 9639 section 8.2, with `fLaC` and the header of the block

/**
 * FLAC by libFLAC, in a worker of its own, at the device's rate and always with 24 bits: browsers hand samples out as
 * floats, which hold so many, and do not say how many the device has. What a device of 16 bits leaves empty costs
 * nothing (section 9.2.2, wasted bits).
 */
export async function openFlac(sampleRateHz: number): Promise<Encoding> {
  registerFlacEncoder();
  let gathered: Uint8Array[] = [];
  let isFirst = true;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function write(onBytes: (bytes: Uint8Array) => void): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered.length === 0) return;
    const bytes = joined(gathered);
    gathered = [];
    if (isFirst) tellBlockSize(bytes);
    isFirst = false;
    onBytes(bytes);
  }

  return {
    format: new FlacOutputFormat({ appendOnly: true }),
    source: new AudioSampleSource({
      codec: 'flac',
      ...(RATES_HZ.includes(sampleRateHz) ? {} : { transform: { sampleRate: 48_000 } }),
    }),
    sampleFormat: 's32',
    convert: toIntegers,
    pass(bytes, onBytes) {
      // The encoder's chunk may be used again.
      gathered.push(bytes.slice());
      // After what else has come meanwhile: on a slow disk it goes in one write.
      if (gathered.length >= WRITE_EVERY_FRAMES) timer ??= setTimeout(() => write(onBytes));
    },
    end: write,
  };
}

/**
 * Writes into STREAMINFO what an appending muxer leaves open although the first frame says it: that all blocks have
 * one size. With it the length of a file without a total follows from the number of its last frame.
 */
function tellBlockSize(file: Uint8Array): void {
  const frame = readFlacFrameHeader(file, STREAM_INFO_BYTES);
  if (!frame || frame.isVariable) return;
  const view = new DataView(file.buffer, file.byteOffset);
  view.setUint16(8, frame.blockSamples);
  view.setUint16(10, frame.blockSamples);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
