import { crc8, crc16, type FlacFrameHeader } from '../model/flac-frame.ts';
import { type FlacStreamInfo, readFlacFrames, readStreamInfo, STREAMINFO_BYTES } from './flac-frames.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible, type JoinedParts, type JoinProgress, joinOneByOne } from './join-parts.ts';
import type { NewFile } from './new-file.ts';

const MIN_BLOCK_SAMPLES = 16;
/** A block size of 1 to 15 may only end a stream (RFC 9639 section 9.1.1), and 36 bits count its samples. */
const MAX_COUNTED_SAMPLES = 2 ** 36;
const CRC16_BYTES = 2;
/** Where the coded number begins in a frame. */
const NUMBER_OFFSET = 4;

/**
 * Puts FLAC streams of the same rate, channels and depth together: the coded samples of every frame as they are,
 * below headers with the sample number in the joined stream. A segment may end with a short block, so the joined
 * stream is one of variable block size. Its STREAMINFO has the total and no MD5, which would need decoding.
 */
export function joinFlac(
  paths: readonly string[],
  outputPath: string,
  onProgress: JoinProgress,
): JoinedParts {
  return joinOneByOne(paths, outputPath, onProgress, (output) => new FlacJoint(output));
}

class FlacJoint {
  readonly #output: NewFile;
  #info: FlacStreamInfo | undefined;
  #samples = 0;
  readonly #starts: number[] = [];
  #minBlock = Number.POSITIVE_INFINITY;
  #maxBlock = 0;
  #minFrameBytes = Number.POSITIVE_INFINITY;
  #maxFrameBytes = 0;
  #lastBlock = 0;

  constructor(output: NewFile) {
    this.#output = output;
  }

  append(file: GuardedFile, onProgress: JoinProgress): void {
    const info = readStreamInfo(file);
    this.#begin(info);
    let bytesDone = info.framesOffset;
    for (const { header, bytes } of readFlacFrames(file, info)) {
      this.#add(header, bytes);
      bytesDone += bytes.length;
      onProgress(bytesDone);
    }
  }

  #begin(info: FlacStreamInfo): void {
    const first = this.#info ?? info;
    if (this.#info === undefined) {
      this.#info = info;
      this.#output.write(Buffer.alloc(8 + STREAMINFO_BYTES));
    }
    const isAlike =
      info.sampleRateHz === first.sampleRateHz &&
      info.channels === first.channels &&
      info.bitDepth === first.bitDepth;
    if (!isAlike) throw new CopyImpossible('The segments differ in rate, channels or depth.');
    this.#starts.push(this.#samples / first.sampleRateHz);
  }

  #add(header: FlacFrameHeader, frame: Buffer): void {
    // The block before is not the last one after all.
    this.#minBlock = Math.min(this.#minBlock, this.#lastBlock || Number.POSITIVE_INFINITY);
    if (this.#minBlock < MIN_BLOCK_SAMPLES)
      throw new CopyImpossible('A segment ends with a block that is too short to stand inside a stream.');
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

  finish(): JoinedParts {
    const info = this.#info;
    if (!info || this.#samples === 0) throw new CopyImpossible('The segments hold no audio.');
    this.#output.patch(0, this.#header(info));
    this.#output.finish();
    return { startsSeconds: this.#starts, durationSeconds: this.#samples / info.sampleRateHz };
  }

  #header(info: FlacStreamInfo): Buffer {
    const header = Buffer.alloc(8 + STREAMINFO_BYTES);
    header.write('fLaC', 'latin1');
    // The last metadata block, of type STREAMINFO.
    header[4] = 0x80;
    header.writeUIntBE(STREAMINFO_BYTES, 5, 3);
    const content = header.subarray(8);
    const maxBlock = Math.max(this.#maxBlock, MIN_BLOCK_SAMPLES);
    content.writeUInt16BE(Math.min(this.#minBlock, maxBlock), 0);
    content.writeUInt16BE(maxBlock, 2);
    content.writeUIntBE(this.#minFrameBytes, 4, 3);
    content.writeUIntBE(this.#maxFrameBytes, 7, 3);
    // Rate, channels and depth stay; the last 36 bits are the total, 0 when they cannot hold it.
    info.content.copy(content, 10, 10, 14);
    const total = this.#samples < MAX_COUNTED_SAMPLES ? this.#samples : 0;
    content[13] = ((content[13] ?? 0) & 0xf0) | Math.floor(total / 2 ** 32);
    content.writeUInt32BE(total % 2 ** 32, 14);
    return header;
  }
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
