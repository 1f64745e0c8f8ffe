/** Frames of FLAC (RFC 9639 section 9), as far as one can tell them apart without decoding. */
export interface FlacFrameHeader {
  /** From the sync code to the header's own checksum, inclusive. */
  readonly headerBytes: number;
  readonly blockSamples: number;
  /** With blocks of a fixed size the frame's number, else the number of its first sample. */
  readonly codedNumber: number;
  readonly isVariable: boolean;
}

/** Sync code, codes, a number of up to 7 bytes, block size, sample rate, checksum (section 9.1). */
export const LONGEST_FLAC_HEADER_BYTES = 16;

const CRC8_TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x80 ? 0x107 : 0);
  return crc;
});

const CRC16_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x8000 ? 0x18005 : 0);
  return crc;
});

/** Of a frame header, from its sync code to the byte before its checksum (section 9.1.8). */
export function crc8(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at += 1) crc = CRC8_TABLE[crc ^ (bytes[at] ?? 0)] ?? 0;
  return crc;
}

/** Of a frame (section 9.3); 0 when its own checksum is included and right. */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at += 1) crc = addToCrc16(crc, bytes[at] ?? 0);
  return crc;
}

export function addToCrc16(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ (CRC16_TABLE[(crc >> 8) ^ byte] ?? 0);
}

/** Undefined when there is no frame header at `at`, or not all of it. */
export function readFlacFrameHeader(bytes: Uint8Array, at: number): FlacFrameHeader | undefined {
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8) return undefined;
  const sizeCode = (bytes[at + 2] ?? 0) >> 4;
  const rateCode = (bytes[at + 2] ?? 0) & 0x0f;
  if (sizeCode === 0 || rateCode === 15 || (bytes[at + 3] ?? 1) & 1) return undefined;
  const coded = readCodedNumber(bytes, at + 4);
  if (coded === undefined) return undefined;
  let next = at + 4 + coded.length;
  let blockSamples = blockSize(sizeCode);
  if (sizeCode === 6) blockSamples = (bytes[next++] ?? 0) + 1;
  if (sizeCode === 7) {
    blockSamples = (bytes[next] ?? 0) * 256 + (bytes[next + 1] ?? 0) + 1;
    next += 2;
  }
  next += rateCode === 12 ? 1 : rateCode >= 13 ? 2 : 0;
  if (next >= bytes.length || crc8(bytes, at, next) !== bytes[next]) return undefined;
  const isVariable = ((bytes[at + 1] ?? 0) & 1) === 1;
  return { headerBytes: next + 1 - at, blockSamples, codedNumber: coded.value, isVariable };
}

function blockSize(code: number): number {
  if (code === 1) return 192;
  return code <= 5 ? 576 << (code - 2) : 256 << (code - 8);
}

/** The number coded like UTF-8, of up to 7 bytes (section 9.1.5). */
function readCodedNumber(bytes: Uint8Array, at: number): { value: number; length: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, length: 1 };
  const length = Math.clz32(~first << 24);
  if (length < 2 || length > 7) return undefined;
  let value = first & (0x7f >> length);
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, length };
}
