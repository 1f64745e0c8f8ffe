/** Tells how many seconds of audio lie within the first so many bytes of a file that grows. */
export interface ByteClock {
  /** Notes further bytes of the file, in their order and without gaps. */
  push(bytes: Uint8Array): void;
  /** Seconds that are whole within the first `sizeBytes` bytes. */
  secondsAt(sizeBytes: number): number;
}

interface Mark {
  readonly sizeBytes: number;
  readonly seconds: number;
}

const PAGE_HEADER_BYTES = 27;
const CAPTURE_PATTERN = 0x4f676753; // 'OggS'
const OPUS_RATE_HZ = 48_000; // RFC 7845 section 4: granule positions count at 48 kHz, whatever the input was.
const NO_PACKET_ENDS = 0xffff_ffff_ffff_ffffn;

/** A clock for Ogg Opus (RFC 3533 section 6, RFC 7845 section 4): a page counts once its last byte is there. */
export function createOggClock(): ByteClock {
  const marks: Mark[] = [];
  let rest = new Uint8Array(0);
  let passedBytes = 0;
  let preSkip = 0;

  function takePage(page: Uint8Array, view: DataView, headerBytes: number): void {
    passedBytes += page.length;
    const isFirst = ((page[5] ?? 0) & 2) !== 0;
    // RFC 7845 section 5.1: 'OpusHead', version, channel count, then pre-skip.
    if (isFirst && page.length >= headerBytes + 12) preSkip = view.getUint16(headerBytes + 10, true);
    const granule = view.getBigUint64(6, true);
    if (granule === NO_PACKET_ENDS) return;
    const seconds = Math.max(0, (Number(granule) - preSkip) / OPUS_RATE_HZ);
    if (seconds > 0) marks.push({ sizeBytes: passedBytes, seconds });
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
    secondsAt: (sizeBytes) => secondsAt(marks, sizeBytes),
  };
}

/** The last mark at or before `sizeBytes`, found by halving. */
function secondsAt(marks: readonly Mark[], sizeBytes: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.sizeBytes ?? Number.POSITIVE_INFINITY) <= sizeBytes) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1]?.seconds ?? 0;
}
