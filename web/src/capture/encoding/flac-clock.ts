import {
  addToCrc16,
  crc16,
  LONGEST_FLAC_HEADER_BYTES,
  readFlacFrameHeader,
} from '../../../../src/model/flac-frame.ts';
import { TimeMarks } from '../../../../src/model/time-marks.ts';
import type { ByteClock } from './byte-clock.ts';

const STREAM_INFO_BYTES = 42; // `fLaC`, the header of a block, STREAMINFO (RFC 9639 sections 6 and 8.2)
const NOTHING = new Uint8Array(0);

/**
 * A clock for FLAC (RFC 9639 section 9). Frames do not say how long they are: one ends where its checksum comes out
 * right and the header of the next one follows, or the file ends.
 */
export function createFlacClock(): ByteClock {
  const marks = new TimeMarks();
  /** From the beginning of what is not understood yet. */
  let rest: Uint8Array = NOTHING;
  let restAtByte = 0;
  let wholeBytes = 0;
  let sampleRateHz = 0;
  let frames = 0;
  let samples = 0;
  /** Within the frame that `rest` begins with. */
  let scanned = 0;
  let crc = 0;
  let isLost = false;

  function drop(bytes: number): void {
    rest = rest.subarray(bytes);
    restAtByte += bytes;
    scanned = 0;
    crc = 0;
  }

  /** False while not all of the metadata is there. */
  function readMetadata(): boolean {
    if (rest.length < STREAM_INFO_BYTES) return false;
    if (String.fromCharCode(...rest.subarray(0, 4)) !== 'fLaC') {
      isLost = true;
      return false;
    }
    for (let at = 4; at + 4 <= rest.length; ) {
      const isLast = ((rest[at] ?? 0) & 0x80) !== 0;
      at += 4 + (((rest[at + 1] ?? 0) << 16) | ((rest[at + 2] ?? 0) << 8) | (rest[at + 3] ?? 0));
      if (!isLast) continue;
      if (at > rest.length) return false;
      // Section 8.2: the rate takes 20 bits, behind block and frame sizes.
      sampleRateHz = ((rest[18] ?? 0) << 12) | ((rest[19] ?? 0) << 4) | ((rest[20] ?? 0) >> 4);
      drop(at);
      wholeBytes = restAtByte;
      return sampleRateHz > 0;
    }
    return false;
  }

  function follows(at: number, frameNumber: number, sampleNumber: number) {
    const header = readFlacFrameHeader(rest, at);
    const expected = header?.isVariable ? sampleNumber : frameNumber;
    return header?.codedNumber === expected ? header : undefined;
  }

  /** Passes one frame that is followed by another; false when there is none yet. */
  function passFrame(): boolean {
    const header = follows(0, frames, samples);
    if (!header) {
      isLost = rest.length >= LONGEST_FLAC_HEADER_BYTES;
      return false;
    }
    const { blockSamples, headerBytes } = header;
    let at = scanned;
    let sum = crc;
    for (let wasRight = at > 0 && sum === 0; ; at += 1) {
      const isRight = sum === 0 && at > headerBytes;
      if (isRight && follows(at, frames + 1, samples + blockSamples)) break;
      const isUndecided = isRight && rest.length - at < LONGEST_FLAC_HEADER_BYTES;
      if (isRight && !wasRight && (isUndecided || isBlank(at))) {
        // Nothing contradicts: should more come, it has to prove itself as the next frame.
        wholeBytes = restAtByte + (crc16(rest, at, rest.length) === 0 && isUndecided ? rest.length : at);
        marks.add(wholeBytes, (samples + blockSamples) / sampleRateHz);
      }
      wasRight = isRight;
      if (isUndecided || at === rest.length) {
        scanned = at;
        crc = sum;
        return false;
      }
      sum = addToCrc16(sum, rest[at] ?? 0);
    }
    frames += 1;
    samples += blockSamples;
    drop(at);
    wholeBytes = restAtByte;
    marks.add(wholeBytes, samples / sampleRateHz);
    return true;
  }

  /** The zeros that a power cut leaves. */
  function isBlank(at: number): boolean {
    return rest.subarray(at, at + LONGEST_FLAC_HEADER_BYTES).every((byte) => byte === 0);
  }

  return {
    push(bytes) {
      if (isLost) return;
      const all = new Uint8Array(rest.length + bytes.length);
      all.set(rest);
      all.set(bytes, rest.length);
      rest = all;
      if (sampleRateHz === 0 && !readMetadata()) return;
      while (rest.length > 0 && passFrame());
      rest = isLost ? NOTHING : rest.slice();
    },
    secondsAt: (sizeBytes) => marks.secondsAt(sizeBytes),
    get wholeBytes() {
      return wholeBytes;
    },
  };
}
