import { TimeMarks } from '../../../../src/model/time-marks.ts';
import type { ByteClock } from './byte-clock.ts';

const PAGE_HEADER_BYTES = 27;
const CAPTURE_PATTERN = 0x4f676753; // 'OggS'
const OPUS_RATE_HZ = 48_000; // RFC 7845 section 4: granule positions count at 48 kHz, whatever the input was.
const NO_PACKET_ENDS = 0xffff_ffff_ffff_ffffn;
const CHECKSUM_AT = 22;

// RFC 3533 section 6: CRC-32 with the polynomial 0x04c11db7, not reflected, beginning with 0.
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x8000_0000 ? 0x04c1_1db7 : 0);
  return crc;
});

/** A clock for Ogg Opus (RFC 3533 section 6, RFC 7845 section 4): a page counts once its last byte is there. */
export function createOggClock(): ByteClock {
  const marks = new TimeMarks();
  let rest = new Uint8Array(0);
  let passedBytes = 0;
  let wholeBytes = 0;
  let preSkip = 0;

  function takePage(page: Uint8Array, view: DataView, headerBytes: number): void {
    passedBytes += page.length;
    // Zeros where a page should be are what a power cut leaves.
    if (view.getUint32(CHECKSUM_AT, true) !== oggChecksum(page)) return;
    wholeBytes = passedBytes;
    const isFirst = ((page[5] ?? 0) & 2) !== 0;
    // RFC 7845 section 5.1: 'OpusHead', version, channel count, then pre-skip.
    if (isFirst && page.length >= headerBytes + 12) preSkip = view.getUint16(headerBytes + 10, true);
    const granule = view.getBigUint64(6, true);
    if (granule === NO_PACKET_ENDS) return;
    const seconds = Math.max(0, (Number(granule) - preSkip) / OPUS_RATE_HZ);
    if (seconds > 0) marks.add(passedBytes, seconds);
  }

  return {
    push(bytes) {
      const all = new Uint8Array(rest.length + bytes.length);
      all.set(rest);
      all.set(bytes, rest.length);
      let at = 0;
      while (all.length - at >= PAGE_HEADER_BYTES) {
        const view = new DataView(all.buffer, at);
        if (view.getUint32(0) !== CAPTURE_PATTERN) break;
        const headerBytes = PAGE_HEADER_BYTES + view.getUint8(26);
        if (all.length - at < headerBytes) break;
        let pageBytes = headerBytes;
        for (let i = PAGE_HEADER_BYTES; i < headerBytes; i++) pageBytes += view.getUint8(i);
        if (all.length - at < pageBytes) break;
        takePage(all.subarray(at, at + pageBytes), view, headerBytes);
        at += pageBytes;
      }
      rest = all.slice(at);
    },
    secondsAt: (sizeBytes) => marks.secondsAt(sizeBytes),
    get wholeBytes() {
      return wholeBytes;
    },
  };
}

/** Of a page, its own checksum taken for zero. */
export function oggChecksum(page: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < page.length; at += 1) {
    const byte = at >= CHECKSUM_AT && at < CHECKSUM_AT + 4 ? 0 : (page[at] ?? 0);
    crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0);
  }
  return crc >>> 0;
}
