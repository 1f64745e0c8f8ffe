// ISO/IEC 11172-3 section 2.4.2.3 and ISO/IEC 13818-3: kbit/s by index, for layer III of MPEG-1 and of MPEG-2/2.5.
const KBPS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES_MPEG1 = [44_100, 48_000, 32_000];

/** Of the first four bytes of a frame: sync word, version, layer and sample rate, which stay the same in a stream. */
export const STEADY_BITS = 0xfffe_0c00;

/** What the header of a layer III frame says. */
export interface MpegHeader {
  readonly frameBytes: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitRateBps: number;
  /** Of each channel. */
  readonly samples: number;
}

/** Length of the layer III frame whose header starts `bytes`; undefined for anything else. */
export function mpegFrameBytes(bytes: Uint8Array): number | undefined {
  return readMpegHeader(bytes)?.frameBytes;
}

/** The header that starts `bytes`; undefined for anything but layer III. */
export function readMpegHeader(bytes: Uint8Array): MpegHeader | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  const isLayer3 = first === 0xff && (second & 0xe0) === 0xe0 && ((second >> 1) & 3) === 1;
  const version = (second >> 3) & 3;
  const rateIndex = (third >> 2) & 3;
  const bitRateIndex = third >> 4;
  const baseRateHz = RATES_MPEG1[rateIndex];
  if (!isLayer3 || version === 1 || baseRateHz === undefined || bitRateIndex === 0 || bitRateIndex === 15) {
    return undefined;
  }
  const isMpeg1 = version === 3;
  const sampleRateHz = isMpeg1 ? baseRateHz : version === 2 ? baseRateHz / 2 : baseRateHz / 4;
  const kbps = (isMpeg1 ? KBPS_MPEG1 : KBPS_MPEG2)[bitRateIndex] ?? 0;
  const padding = (third >> 1) & 1;
  const frameBytes = Math.floor(((isMpeg1 ? 144_000 : 72_000) * kbps) / sampleRateHz) + padding;
  // Mode 3 is one channel, the others are kinds of stereo.
  const channels = fourth >> 6 === 3 ? 1 : 2;
  return { frameBytes, sampleRateHz, channels, bitRateBps: kbps * 1000, samples: isMpeg1 ? 1152 : 576 };
}
