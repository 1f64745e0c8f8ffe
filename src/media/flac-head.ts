export const STREAMINFO_BYTES = 34;
/** `fLaC`, the head of the first metadata block, and STREAMINFO, which that block always is. */
export const FLAC_HEAD_BYTES = 8 + STREAMINFO_BYTES;

/** What STREAMINFO says (RFC 9639 section 8.2). */
export interface FlacHead {
  /** Its 34 bytes. */
  readonly content: Buffer;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number;
  readonly maxBlockSamples: number;
  /** The size of all blocks but the last; null when the header leaves it open. */
  readonly fixedBlockSamples: number | null;
  /** Null when the header does not know, as in recordings that were streamed or broken off. */
  readonly totalSamples: number | null;
}

/** Undefined when `head`, the first bytes of a file, does not hold all of it. */
export function parseFlacHead(head: Buffer): FlacHead | undefined {
  const isFlac = head.length >= FLAC_HEAD_BYTES && head.toString('latin1', 0, 4) === 'fLaC';
  if (!isFlac || ((head[4] ?? 0) & 0x7f) !== 0) return undefined;
  return parseStreamInfo(head.subarray(8, FLAC_HEAD_BYTES));
}

/** Undefined when `content` is too short for a STREAMINFO; what Ogg keeps of FLAC's head. */
export function parseStreamInfo(content: Buffer): FlacHead | undefined {
  if (content.length < STREAMINFO_BYTES) return undefined;
  const packed = content.readUInt32BE(10);
  const maxBlockSamples = content.readUInt16BE(2);
  // The low 36 bits of the 8 bytes that also hold rate, channels and depth.
  const totalSamples = ((content[13] ?? 0) & 0x0f) * 2 ** 32 + content.readUInt32BE(14);
  return {
    content,
    sampleRateHz: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitDepth: ((packed >>> 4) & 31) + 1,
    maxBlockSamples,
    fixedBlockSamples: content.readUInt16BE(0) === maxBlockSamples ? maxBlockSamples : null,
    totalSamples: totalSamples === 0 ? null : totalSamples,
  };
}
