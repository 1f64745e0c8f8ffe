import type { AudioInput } from './audio-input.ts';
import type { ByteReader } from './byte-reader.ts';
import { id3v2Bytes } from './declared-size.ts';
import { FLAC_HEAD_BYTES, type FlacHead, parseFlacHead, parseStreamInfo } from './flac-head.ts';
import { readMpegHeader } from './mpeg-frame.ts';
import type { VorbisSetups } from './vorbis-setup.ts';

/** What decoding needs to know of a stream, and what people want to. */
export interface StreamFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Of PCM and lossless codecs as far as FFmpeg tells; 0 when not. */
  readonly bitDepth: number;
  /** 0 when nothing tells it. */
  readonly bitRateBps: number;
}

/** Codecs whose format each of these containers tells completely, as FFmpeg's demuxers read it. */
const TOLD: Readonly<Record<string, RegExp>> = {
  ogg: /^(opus|vorbis|speex)$/,
  'matroska,webm': /^opus$/,
  'mov,mp4,m4a,3gp,3g2,mj2': /^(aac|opus|amr_nb|amr_wb)$/,
  aiff: /^pcm_/,
  au: /^pcm_/,
  asf: /^wmav2$/,
};
const AAC_LC = 2;
/** Up to this rate AAC may have a second layer (SBR) that doubles it, and that only the packets show. */
const MAX_DOUBLED_RATE_HZ = 24_000;
/** `syncExtensionType` 0x2b7, object type 5 (SBR), not present. */
const NO_SECOND_LAYER = Buffer.from([0x56, 0xe5, 0x00]);
const ALAC_BOX_HEADER_BYTES = 12;
const ALAC_COOKIE_BYTES = 24;

/** The format of a stream that FFmpeg has opened but not analysed; undefined where the header leaves something open. */
export function readCompleteHeader(
  input: AudioInput,
  reader: ByteReader,
  codec: string,
  vorbisSetups: VorbisSetups,
): StreamFormat | undefined {
  if (input.demuxer === 'flac') return formatOfFlac(parseFlacHead(reader.copy(0, FLAC_HEAD_BYTES)));
  if (input.demuxer === 'mp3') return readMp3Header(input, reader);
  if (input.demuxer === 'ogg' && codec === 'flac') return formatOfFlac(parseStreamInfo(extradataOf(input)));
  // Matroska keeps unchecked what the decoder of Vorbis cannot do without.
  if (input.demuxer === 'matroska,webm' && codec === 'vorbis') return vorbisSetups.readFormat(input);
  if (codec === 'alac') return readAlacCookie(input);
  if (TOLD[input.demuxer]?.test(codec) !== true) return undefined;
  const format = formatOf(input);
  if (format.channels === 0 || format.sampleRateHz === 0) return undefined;
  if (codec === 'opus') return { ...format, sampleRateHz: 48_000 };
  return codec === 'aac' && !isPlainAac(input, format.sampleRateHz) ? undefined : format;
}

/** The format as FFmpeg has it. */
export function formatOf({ stream }: AudioInput): StreamFormat {
  const { channels, sampleRate, bitsPerRawSample, bitsPerCodedSample, bitRate } = stream.codecpar;
  return {
    channels,
    sampleRateHz: sampleRate,
    bitDepth: bitsPerRawSample || bitsPerCodedSample,
    bitRateBps: Math.max(0, Number(bitRate)),
  };
}

function formatOfFlac(head: FlacHead | undefined): StreamFormat | undefined {
  if (head === undefined) return undefined;
  const { sampleRateHz, channels, bitDepth } = head;
  return { sampleRateHz, channels, bitDepth, bitRateBps: 0 };
}

function readMp3Header(input: AudioInput, reader: ByteReader): StreamFormat | undefined {
  const header = readMpegHeader(reader.view(id3v2Bytes(reader), 4));
  if (header === undefined) return undefined;
  const { sampleRateHz, channels } = header;
  // With variable bit rate FFmpeg reckons it from the Xing header; else each frame has the same.
  const bitRateBps = formatOf(input).bitRateBps || header.bitRateBps;
  return { sampleRateHz, channels, bitDepth: 0, bitRateBps };
}

/** The ALAC magic cookie behind its box header: depth, channels, bit rate and rate as Apple's description has them. */
function readAlacCookie(input: AudioInput): StreamFormat | undefined {
  const cookie = extradataOf(input).subarray(ALAC_BOX_HEADER_BYTES);
  if (cookie.length < ALAC_COOKIE_BYTES) return undefined;
  return {
    bitDepth: cookie.readUInt8(5),
    channels: cookie.readUInt8(9),
    bitRateBps: formatOf(input).bitRateBps || cookie.readUInt32BE(16),
    sampleRateHz: cookie.readUInt32BE(20),
  };
}

/**
 * By the AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1): object type in the first five bits, and behind the
 * plain configuration perhaps the word that there is no second layer.
 */
function isPlainAac(input: AudioInput, sampleRateHz: number): boolean {
  const config = extradataOf(input);
  if ((config[0] ?? 0) >> 3 !== AAC_LC) return false;
  return sampleRateHz > MAX_DOUBLED_RATE_HZ || config.subarray(2, 5).equals(NO_SECOND_LAYER);
}

function extradataOf({ stream }: AudioInput): Buffer {
  return stream.codecpar.extradata ?? Buffer.alloc(0);
}
