import type { ByteReader } from './byte-reader.ts';

/** One page of an Ogg stream (RFC 3533 section 6); `lacing` and `body` are copies. */
export interface OggPage {
  readonly flags: number;
  /** -1 when no packet ends on the page. */
  readonly granule: bigint;
  readonly serial: number;
  readonly lacing: Buffer;
  readonly body: Buffer;
}

export const OGG_CONTINUED = 1;
export const OGG_BEGIN = 2;
export const OGG_END = 4;

const HEADER_BYTES = 27;
const CRC_OFFSET = 22;
const CAPTURE = Buffer.from('OggS', 'latin1');

// Polynomial 0x04c11db7, most significant bit first, from zero, not inverted.
const CRC_LAST = Int32Array.from({ length: 256 }, (_, byte) => passByte(byte << 24));
// What a byte comes to with one, two and three behind it: small files are checked whole while somebody waits.
const CRC_THIRD = CRC_LAST.map(passByte);
const CRC_SECOND = CRC_THIRD.map(passByte);
const CRC_FIRST = CRC_SECOND.map(passByte);

function passByte(value: number): number {
  let crc = value;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  return crc;
}

/** The pages of a file one after the other. What is no whole page with a right checksum is passed over. */
export class OggPageReader {
  readonly #reader: ByteReader;
  #position = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  get bytesDone(): number {
    return this.#position;
  }

  next(): OggPage | undefined {
    while (this.#position + HEADER_BYTES <= this.#reader.sizeBytes) {
      const page = this.#readAt(this.#position);
      if (page) return page;
      this.#position = this.#findCapture(this.#position + 1);
    }
    return undefined;
  }

  #readAt(position: number): OggPage | undefined {
    const head = this.#reader.copy(position, HEADER_BYTES);
    if (!head.subarray(0, 4).equals(CAPTURE) || head[4] !== 0) return undefined;
    const lacing = this.#reader.copy(position + HEADER_BYTES, head[26] ?? 0);
    const bodyBytes = lacing.reduce((sum, value) => sum + value, 0);
    const body = this.#reader.copy(position + HEADER_BYTES + lacing.length, bodyBytes);
    if (lacing.length !== head[26] || body.length !== bodyBytes) return undefined;
    const checksum = head.readUInt32LE(CRC_OFFSET);
    head.writeUInt32LE(0, CRC_OFFSET);
    if (oggChecksum([head, lacing, body]) !== checksum) return undefined;
    this.#position = position + HEADER_BYTES + lacing.length + bodyBytes;
    return {
      flags: head[5] ?? 0,
      granule: head.readBigInt64LE(6),
      serial: head.readUInt32LE(14),
      lacing,
      body,
    };
  }

  #findCapture(from: number): number {
    for (let at = from; at < this.#reader.sizeBytes; ) {
      const window = this.#reader.view(at, 32_768);
      const found = window.indexOf(CAPTURE);
      if (found >= 0) return at + found;
      // The capture pattern may lie across the edge of the window.
      at += Math.max(1, window.length - 3);
    }
    return this.#reader.sizeBytes;
  }
}

/** The bytes of `page` as number `sequence` of its stream. */
export function encodeOggPage(page: OggPage, sequence: number): Buffer[] {
  const head = Buffer.alloc(HEADER_BYTES);
  CAPTURE.copy(head);
  head[5] = page.flags;
  head.writeBigInt64LE(page.granule, 6);
  head.writeUInt32LE(page.serial, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = page.lacing.length;
  head.writeUInt32LE(oggChecksum([head, page.lacing, page.body]), CRC_OFFSET);
  return [head, page.lacing, page.body];
}

/** A page that holds one whole short packet. */
export function oneOggPacket(flags: number, serial: number, packet: Buffer): OggPage {
  const whole = Math.floor(packet.length / 255);
  const lacing = Buffer.alloc(whole + 1, 255);
  lacing[whole] = packet.length % 255;
  return { flags, granule: 0n, serial, lacing, body: packet };
}

/** Of a page whose own checksum is left out as zeros. */
export function oggChecksum(parts: readonly Buffer[]): number {
  let crc = 0;
  for (const part of parts) crc = addBytes(crc, part);
  return crc >>> 0;
}

function addBytes(start: number, bytes: Buffer): number {
  let crc = start;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^=
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
    crc =
      (CRC_FIRST[crc >>> 24] ?? 0) ^
      (CRC_SECOND[(crc >>> 16) & 0xff] ?? 0) ^
      (CRC_THIRD[(crc >>> 8) & 0xff] ?? 0) ^
      (CRC_LAST[crc & 0xff] ?? 0);
  }
  for (; at < bytes.length; at += 1) crc = (crc << 8) ^ (CRC_LAST[(crc >>> 24) ^ (bytes[at] ?? 0)] ?? 0);
  return crc;
}
