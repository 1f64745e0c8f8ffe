/** FLAC as a recorder writes it while it records: no length and no MD5 in its header, frames that only append (RFC 9639). */

import { crc8, crc16 } from '../model/flac-frame.ts';

const BLOCK_SAMPLES = 4096;
const BITS_PER_SAMPLE = 16;
/** RFC 9639 section 9.2.3: the fixed predictor of order 2. */
const PREDICTOR_ORDER = 2;
/** RFC 9639 section 9.2.7: Rice parameters of coding method 0 have 4 bits, and 15 means something else. */
const HIGHEST_RICE_PARAMETER = 14;
/** RFC 9639 section 9.1.2. */
const RATE_CODES = { 16000: 0b0101, 48000: 0b1010 } as const;

export type FlacRateHz = keyof typeof RATE_CODES;

/** Mono, 16 bits: the header, then the frames; whatever is cut off behind a frame leaves a valid file. */
export function flacParts(samples: Int16Array, sampleRateHz: FlacRateHz): Buffer[] {
  const parts = [streamHeader(sampleRateHz)];
  for (let start = 0, number = 0; start < samples.length; start += BLOCK_SAMPLES, number++) {
    parts.push(frame(samples.subarray(start, start + BLOCK_SAMPLES), number, RATE_CODES[sampleRateHz]));
  }
  return parts;
}

/** RFC 9639 section 8.2. */
function streamHeader(sampleRateHz: number): Buffer {
  const header = Buffer.alloc(42);
  header.write('fLaC', 0, 'latin1');
  header.writeUInt32BE(0x8000_0022, 4);
  header.writeUInt16BE(BLOCK_SAMPLES, 8);
  header.writeUInt16BE(BLOCK_SAMPLES, 10);
  header.writeUInt32BE((sampleRateHz << 12) | ((BITS_PER_SAMPLE - 1) << 4), 18);
  return header;
}

/** RFC 9639 section 9. */
function frame(samples: Int16Array, number: number, rateCode: number): Buffer {
  const bits = new BitWriter(samples.length * 3 + 64);
  bits.write(0b11111111111110, 14);
  bits.write(0, 2);
  // The block's size follows as 16 bits at the end of the header.
  bits.write(0b0111, 4);
  bits.write(rateCode, 4);
  bits.write(0, 4);
  bits.write(0b100, 3);
  bits.write(0, 1);
  for (const byte of codedNumber(number)) bits.write(byte, 8);
  bits.write(samples.length - 1, 16);
  const header = bits.bytes();
  bits.write(crc8(header, 0, header.length), 8);
  writeSubframe(bits, samples);
  bits.align();
  const body = bits.bytes();
  const end = Buffer.alloc(2);
  end.writeUInt16BE(crc16(body, 0, body.length));
  return Buffer.concat([body, end]);
}

function writeSubframe(bits: BitWriter, samples: Int16Array): void {
  bits.write(0, 1);
  if (samples.length <= PREDICTOR_ORDER) {
    // Too short to predict anything: the samples as they are.
    bits.write(0b000001, 6);
    bits.write(0, 1);
    for (const sample of samples) bits.write(sample & 0xffff, BITS_PER_SAMPLE);
    return;
  }
  bits.write(0b001000 | PREDICTOR_ORDER, 6);
  bits.write(0, 1);
  for (let i = 0; i < PREDICTOR_ORDER; i++) bits.write((samples[i] ?? 0) & 0xffff, BITS_PER_SAMPLE);
  const folded = new Uint32Array(samples.length - PREDICTOR_ORDER);
  let sum = 0;
  for (let i = PREDICTOR_ORDER; i < samples.length; i++) {
    const residual = (samples[i] ?? 0) - 2 * (samples[i - 1] ?? 0) + (samples[i - 2] ?? 0);
    const value = residual >= 0 ? residual * 2 : -residual * 2 - 1;
    folded[i - PREDICTOR_ORDER] = value;
    sum += value;
  }
  const mean = sum / folded.length;
  const parameter = Math.min(HIGHEST_RICE_PARAMETER, Math.max(0, Math.floor(Math.log2(mean + 1))));
  bits.write(0, 2);
  bits.write(0, 4);
  bits.write(parameter, 4);
  for (const value of folded) {
    for (let ones = value >>> parameter; ones > 0; ones--) bits.write(0, 1);
    bits.write(1, 1);
    bits.write(value & ((1 << parameter) - 1), parameter);
  }
}

/** RFC 9639 section 9.1.5: like UTF-8, of the frame's number. */
function codedNumber(number: number): number[] {
  if (number < 0x80) return [number];
  if (number < 0x800) return [0xc0 | (number >> 6), 0x80 | (number & 0x3f)];
  return [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 0x3f), 0x80 | (number & 0x3f)];
}

class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(capacityBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  /** The lowest `count` (at most 16) bits of `value`, the highest first. */
  write(value: number, count: number): void {
    this.#pending = (this.#pending << count) | value;
    this.#pendingBits += count;
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      this.#append((this.#pending >>> this.#pendingBits) & 0xff);
    }
    this.#pending &= (1 << this.#pendingBits) - 1;
  }

  align(): void {
    if (this.#pendingBits > 0) this.write(0, 8 - this.#pendingBits);
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #append(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}
