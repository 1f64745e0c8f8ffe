import { createHash } from 'node:crypto';
import { AudioDecoder } from './audio-decoder.ts';
import type { AudioInput } from './audio-input.ts';
import type { StreamFormat } from './complete-header.ts';

/** Encoders have one per version, quality, rate and number of channels. */
const MAX_KNOWN = 256;
const IDENTIFICATION_BYTES = 30;
const HEADER_PACKETS = 3;

/** What a Vorbis decoder must be given before the first packet (Vorbis I section 4.2). */
interface VorbisHeaders {
  readonly identification: Buffer;
  readonly setup: Buffer;
}

/**
 * The set-ups of Vorbis that a decoder is known to accept. Building one's code books costs more than all the rest of a
 * probe, and files of one encoder share them: so each is tried once.
 */
export class VorbisSetups {
  readonly #accepted = new Set<string>();

  /** The format by the headers in Matroska's CodecPrivate; undefined where they are damaged. */
  readFormat(input: AudioInput): StreamFormat | undefined {
    const headers = splitHeaders(input.stream.codecpar.extradata ?? Buffer.alloc(0));
    if (headers === undefined || !this.#isAccepted(headers, input)) return undefined;
    const channels = headers.identification.readUInt8(11);
    const sampleRateHz = headers.identification.readUInt32LE(12);
    // The nominal bit rate is the encoder's aim, not what it came to.
    return { channels, sampleRateHz, bitDepth: 0, bitRateBps: 0 };
  }

  #isAccepted({ identification, setup }: VorbisHeaders, input: AudioInput): boolean {
    const digest = createHash('sha256').update(identification).update(setup).digest('base64');
    if (this.#accepted.has(digest)) return true;
    if (!canOpen(input)) return false;
    if (this.#accepted.size === MAX_KNOWN) this.#accepted.clear();
    this.#accepted.add(digest);
    return true;
  }
}

function canOpen(input: AudioInput): boolean {
  try {
    new AudioDecoder(input).close();
    return true;
  } catch {
    return false;
  }
}

/** Three packets with Xiph lacing: their number less one, the lengths of all but the last, the packets. */
function splitHeaders(packed: Buffer): VorbisHeaders | undefined {
  if (packed[0] !== HEADER_PACKETS - 1) return undefined;
  let at = 1;
  const lengths: number[] = [];
  while (lengths.length < HEADER_PACKETS - 1) {
    let length = 0;
    while (packed[at] === 255) {
      length += 255;
      at += 1;
    }
    length += packed[at] ?? 0;
    at += 1;
    lengths.push(length);
  }
  const [identificationBytes = 0, commentBytes = 0] = lengths;
  const setupOffset = at + identificationBytes + commentBytes;
  if (identificationBytes !== IDENTIFICATION_BYTES || setupOffset >= packed.length) return undefined;
  return {
    identification: packed.subarray(at, at + identificationBytes),
    setup: packed.subarray(setupOffset),
  };
}
