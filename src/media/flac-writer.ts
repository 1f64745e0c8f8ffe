import { crc8, crc16, type FlacFrameHeader } from '../model/flac-frame.ts';
import { FLAC_DEPTHS } from './flac-frame-length.ts';
import { FLAC_HEAD_BYTES, type FlacHead, STREAMINFO_BYTES } from './flac-head.ts';
import { CopyImpossible } from './join-parts.ts';
import type { NewFile } from './new-file.ts';

const MIN_BLOCK_SAMPLES = 16;
const MAX_BLOCK_SAMPLES = 65_535;
/** A block size of 1 to 15 may only end a stream (RFC 9639 section 9.1.1), and 36 bits count its samples. */
const MAX_COUNTED_SAMPLES = 2 ** 36;
const CRC16_BYTES = 2;
/** Where the coded number begins in a frame. */
const NUMBER_OFFSET = 4;
const LAST_BLOCK = 0x80;
// Section 9.1.2: what most encoders write instead of a reference to STREAMINFO.
const RATE_CODES = [
  0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
];

/**
 * A FLAC file that grows frame by frame: the coded samples of each as they are, below a header with the sample number in
 * this stream. Frames may be of any size, so the stream is one of variable block size. Its STREAMINFO has the total and
 * no MD5, which would need decoding.
 */
export class FlacWriter {
  readonly #output: NewFile;
  readonly #info: FlacHead;
  readonly #hasMoreBlocks: boolean;
  #samples = 0;
  #minBlock = Number.POSITIVE_INFINITY;
  #maxBlock = 0;
  #minFrameBytes = Number.POSITIVE_INFINITY;
  #maxFrameBytes = 0;
  #lastBlock = 0;

  /** `blocks` are further metadata blocks with their heads, none of which says that it is the last. */
  constructor(output: NewFile, info: FlacHead, blocks: readonly Buffer[] = []) {
    this.#output = output;
    this.#info = info;
    this.#hasMoreBlocks = blocks.length > 0;
    output.write(Buffer.alloc(FLAC_HEAD_BYTES));
    for (const [index, block] of blocks.entries()) {
      const isLast = index === blocks.length - 1;
      output.write(Uint8Array.of((block[0] ?? 0) | (isLast ? LAST_BLOCK : 0)));
      output.write(block.subarray(1));
    }
  }

  get samples(): number {
    return this.#samples;
  }

  add(header: FlacFrameHeader, frame: Buffer): void {
    // The block before is not the last one after all.
    this.#minBlock = Math.min(this.#minBlock, this.#lastBlock || Number.POSITIVE_INFINITY);
    if (this.#minBlock < MIN_BLOCK_SAMPLES)
      throw new CopyImpossible('A block is too short to stand inside a stream.');
    const number = encodeCodedNumber(this.#samples);
    const growth = number.length - codedNumberBytes(frame[NUMBER_OFFSET] ?? 0);
    const renumbered = Buffer.allocUnsafe(frame.length + growth);
    renumbered.set(frame.subarray(0, NUMBER_OFFSET));
    // The blocking strategy: from here on numbers count samples.
    renumbered[1] = (renumbered[1] ?? 0) | 1;
    renumbered.set(number, NUMBER_OFFSET);
    renumbered.set(frame.subarray(NUMBER_OFFSET + number.length - growth), NUMBER_OFFSET + number.length);
    const headerEnd = header.headerBytes + growth - 1;
    renumbered[headerEnd] = crc8(renumbered, 0, headerEnd);
    const crcAt = renumbered.length - CRC16_BYTES;
    renumbered.writeUInt16BE(crc16(renumbered, 0, crcAt), crcAt);
    this.#output.write(renumbered);
    this.#samples += header.blockSamples;
    this.#lastBlock = header.blockSamples;
    this.#maxBlock = Math.max(this.#maxBlock, header.blockSamples);
    this.#minFrameBytes = Math.min(this.#minFrameBytes, renumbered.length);
    this.#maxFrameBytes = Math.max(this.#maxFrameBytes, renumbered.length);
  }

  /** Frames of zeros. */
  addSilence(samples: number): void {
    const largest = Math.min(MAX_BLOCK_SAMPLES, Math.max(this.#info.maxBlockSamples, MIN_BLOCK_SAMPLES));
    for (let left = samples; left > 0; ) {
      // No rest that would be too short for a block of its own.
      const isRestShort = left > largest && left - largest < MIN_BLOCK_SAMPLES;
      const blockSamples = Math.min(left, isRestShort ? largest - MIN_BLOCK_SAMPLES : largest);
      const { header, frame } = silentFrame(this.#info, blockSamples);
      this.add(header, frame);
      left -= blockSamples;
    }
  }

  /** Completes the file and waits until it is on stable storage. */
  finish(): void {
    if (this.#samples === 0) throw new CopyImpossible('There is no audio in it.');
    this.#output.patch(0, this.#header());
    this.#output.finish();
  }

  #header(): Buffer {
    const header = Buffer.alloc(FLAC_HEAD_BYTES);
    header.write('fLaC', 'latin1');
    // A block of type 0, STREAMINFO.
    header[4] = this.#hasMoreBlocks ? 0 : LAST_BLOCK;
    header.writeUIntBE(STREAMINFO_BYTES, 5, 3);
    const content = header.subarray(8);
    const maxBlock = Math.max(this.#maxBlock, MIN_BLOCK_SAMPLES);
    content.writeUInt16BE(Math.min(this.#minBlock, maxBlock), 0);
    content.writeUInt16BE(maxBlock, 2);
    content.writeUIntBE(this.#minFrameBytes, 4, 3);
    content.writeUIntBE(this.#maxFrameBytes, 7, 3);
    // Rate, channels and depth stay; the last 36 bits are the total, 0 when they cannot hold it.
    this.#info.content.copy(content, 10, 10, 14);
    const total = this.#samples < MAX_COUNTED_SAMPLES ? this.#samples : 0;
    content[13] = ((content[13] ?? 0) & 0xf0) | Math.floor(total / 2 ** 32);
    content.writeUInt32BE(total % 2 ** 32, 14);
    return header;
  }
}

/** A frame whose channels are all constant (section 9.2.3); its number and checksums are still to be set. */
function silentFrame(info: FlacHead, blockSamples: number): { header: FlacFrameHeader; frame: Buffer } {
  // Sync code, block size in two bytes, codes, the number 0, block size, checksum.
  const headerBytes = 8;
  // For each channel a head of 8 bits and one sample.
  const contentBytes = Math.ceil((info.channels * (8 + info.bitDepth)) / 8);
  const frame = Buffer.alloc(headerBytes + contentBytes + CRC16_BYTES);
  const rateCode = Math.max(0, RATE_CODES.indexOf(info.sampleRateHz));
  const depthCode = Math.max(0, FLAC_DEPTHS.indexOf(info.bitDepth));
  frame.set([0xff, 0xf9, 0x70 | rateCode, ((info.channels - 1) << 4) | (depthCode << 1)]);
  frame.writeUInt16BE(blockSamples - 1, 5);
  return { header: { headerBytes, blockSamples, codedNumber: 0, isVariable: true }, frame };
}

/** How many bytes a number has whose first byte is `first` (RFC 9639 section 9.1.5). */
function codedNumberBytes(first: number): number {
  return first < 0x80 ? 1 : Math.clz32(~first << 24);
}

function encodeCodedNumber(value: number): Uint8Array {
  if (value < 0x80) return Uint8Array.of(value);
  let length = 2;
  // 2 bytes hold 11 bits; each further one holds 6 more and takes 1 from the first.
  while (value >= 2 ** (length * 5 + 1)) length += 1;
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let index = length - 1; index > 0; index -= 1) {
    bytes[index] = 0x80 | (rest % 64);
    rest = Math.floor(rest / 64);
  }
  bytes[0] = ((0xff00 >> length) & 0xff) | rest;
  return bytes;
}
