import { VoiceRecorderError } from '../model/failure.ts';

/** What a WAV `fmt ` chunk says (Microsoft "Multiple Channel Audio Data and WAVE Files"). */
export interface WaveFormat {
  /** FFmpeg's name, or null when we leave this format tag to FFmpeg. */
  readonly codec: string | null;
  readonly formatTag: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  /** Bytes of one frame of PCM, of one block of the block codecs. */
  readonly blockBytes: number;
  /** Samples per channel in one block: 1 for PCM. Null where blocks vary. */
  readonly samplesPerBlock: number | null;
  readonly bitDepth: number | null;
  readonly byteRate: number;
  /** True for plain samples that we can read ourselves. */
  readonly isPcm: boolean;
}

const FORMAT_EXTENSIBLE = 0xfffe;

/** Throws `audio-unreadable` for a cut chunk and `audio-impossible-format` for values that no audio has. */
export function readWaveFormat(chunk: Buffer): WaveFormat {
  if (chunk.length < 14) {
    throw new VoiceRecorderError(
      'audio-unreadable',
      `The "fmt " chunk of the WAV file has ${chunk.length} bytes where at least 14 are needed.`,
    );
  }
  const outerTag = chunk.readUInt16LE(0);
  const channels = chunk.readUInt16LE(2);
  const sampleRateHz = chunk.readUInt32LE(4);
  const blockBytes = chunk.readUInt16LE(12);
  const bits = chunk.length >= 16 ? chunk.readUInt16LE(14) : 8;
  const isExtensible = outerTag === FORMAT_EXTENSIBLE && chunk.length >= 40;
  const formatTag = isExtensible ? chunk.readUInt16LE(24) : outerTag;
  checkFormat(channels, sampleRateHz);
  const common = { formatTag, channels, sampleRateHz, blockBytes, byteRate: chunk.readUInt32LE(8) };
  const validBits = isExtensible ? chunk.readUInt16LE(18) : bits;
  const pcm = readPcmCodec(formatTag, channels, blockBytes, bits, validBits);
  if (pcm !== undefined) return { ...common, ...pcm, samplesPerBlock: 1, isPcm: true };
  const block = readBlockCodec(formatTag, chunk, bits);
  return { ...common, ...block, isPcm: false };
}

/** Throws `audio-impossible-format` for a channel count or sample rate that no audio has. */
export function checkFormat(channels: number, sampleRateHz: number): void {
  const found = `${channels} channels at ${sampleRateHz} Hz`;
  if (channels >= 1 && channels <= 255 && sampleRateHz >= 100 && sampleRateHz <= 6_144_000) return;
  throw new VoiceRecorderError(
    'audio-impossible-format',
    `The header declares ${found}: expected 1 to 255 channels and 100 to 6144000 Hz.`,
  );
}

function readPcmCodec(
  formatTag: number,
  channels: number,
  blockBytes: number,
  bits: number,
  validBits: number,
) {
  const bytesPerSample = blockBytes / channels;
  if (formatTag === 1 && [1, 2, 3, 4, 8].includes(bytesPerSample) && bits <= bytesPerSample * 8) {
    // 24 valid bits in containers of 32 are left-justified and still called 24-bit; 12 in 16 are called 16-bit.
    const named = bytesPerSample === 4 && validBits === 24 ? 24 : bytesPerSample * 8;
    return { codec: named === 8 ? 'pcm_u8' : `pcm_s${named}le`, bitDepth: named };
  }
  if (formatTag === 3 && bits === bytesPerSample * 8 && (bits === 32 || bits === 64)) {
    return { codec: `pcm_f${bits}le`, bitDepth: bits };
  }
  return undefined;
}

function readBlockCodec(formatTag: number, chunk: Buffer, bits: number) {
  const ownCount = chunk.length >= 20 && chunk.readUInt16LE(16) >= 2 ? chunk.readUInt16LE(18) : 0;
  const samplesPerBlock = ownCount > 0 ? ownCount : null;
  switch (formatTag) {
    case 0x02:
      return { codec: 'adpcm_ms', samplesPerBlock, bitDepth: bits };
    case 0x06:
      return { codec: 'pcm_alaw', samplesPerBlock: 1, bitDepth: 8 };
    case 0x07:
      return { codec: 'pcm_mulaw', samplesPerBlock: 1, bitDepth: 8 };
    case 0x11:
      return { codec: 'adpcm_ima_wav', samplesPerBlock, bitDepth: bits };
    case 0x31:
      return { codec: 'gsm_ms', samplesPerBlock: 320, bitDepth: null };
    case 0x55:
      return { codec: 'mp3', samplesPerBlock: null, bitDepth: null };
    default:
      return { codec: null, samplesPerBlock: null, bitDepth: null };
  }
}
