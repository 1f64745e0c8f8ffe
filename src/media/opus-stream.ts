import { CopyImpossible } from './join-parts.ts';
import { OGG_BEGIN, OGG_CONTINUED, OGG_END, type OggPage, type OggPageReader } from './ogg-pages.ts';

/** Opus counts in 48 kHz, whatever was recorded (RFC 7845 section 4). */
export const OPUS_RATE_HZ = 48_000;

/** The identification header (RFC 7845 section 5.1). */
export interface OpusHead {
  readonly packet: Buffer;
  readonly preSkip: number;
  readonly serial: number;
  /** The encoder's name, from the comment header. */
  readonly vendor: Buffer;
  /** Everything that a decoder must be told anew when it changes: channels, gain, mapping. */
  readonly decoderKey: string;
}

/** Reads both header packets. Throws {@link CopyImpossible} where an Opus stream of our kind does not begin. */
export function readOpusHead(pages: OggPageReader): OpusHead {
  const first = pages.next();
  const packet = first?.body;
  if (!first || !packet || (first.flags & OGG_BEGIN) === 0 || packet.length < 19)
    throw new CopyImpossible('The file does not begin with the header of an Ogg stream.');
  if (packet.toString('latin1', 0, 8) !== 'OpusHead' || (packet[8] ?? 255) > 15)
    throw new CopyImpossible('The first packet is no Opus header of a known version.');
  const comments: Buffer[] = [];
  for (;;) {
    const page = pages.next();
    if (!page || page.serial !== first.serial)
      throw new CopyImpossible('The Opus header is not followed by its comments.');
    comments.push(page.body);
    // The comments end their page (RFC 7845 section 3).
    if (page.lacing.at(-1) !== 255) break;
  }
  return {
    packet,
    preSkip: packet.readUInt16LE(10),
    serial: first.serial,
    vendor: readVendor(Buffer.concat(comments)),
    decoderKey: `${packet[9]} ${packet.readInt16LE(16)} ${packet.subarray(18).toString('hex')}`,
  };
}

function readVendor(comments: Buffer): Buffer {
  const length = comments.length >= 12 ? comments.readUInt32LE(8) : 0;
  return Buffer.from(comments.subarray(12, 12 + length));
}

/** Samples that an Opus packet decodes to (RFC 6716 section 3.1); `packet` needs only its first two bytes. */
export function opusPacketSamples(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const config = toc >> 3;
  const frameSamples =
    config < 12
      ? ([480, 960, 1920, 2880][config & 3] ?? 0)
      : config < 16
        ? ([480, 960][config & 1] ?? 0)
        : ([120, 240, 480, 960][config & 3] ?? 0);
  const code = toc & 3;
  const frames = code === 0 ? 1 : code === 3 ? (packet[1] ?? 0) & 0x3f : 2;
  return frames * frameSamples;
}

/** A page of audio with the packets that it really holds, and the samples of those that end on it. */
export interface OpusAudioPage {
  readonly page: OggPage;
  readonly samples: number;
  readonly endsWithOpenPacket: boolean;
}

/**
 * The audio pages of one stream. Parts of packets whose other parts are lost are taken out: they can be decoded by
 * nobody. The stream's end flag stays in `page.flags`.
 */
export function* readOpusPages(pages: OggPageReader, serial: number): Generator<OpusAudioPage> {
  let held: OpusAudioPage[] = [];
  let openSamples: number | null = null;
  for (let page = pages.next(); page; page = pages.next()) {
    if (page.serial !== serial) {
      if ((page.flags & OGG_BEGIN) !== 0) throw new CopyImpossible('The file holds more than one stream.');
      continue;
    }
    const isContinued = (page.flags & OGG_CONTINUED) !== 0;
    if (openSamples !== null && !isContinued) held = closeOpenPacket(held);
    const whole = isContinued && openSamples === null ? withoutOrphan(page) : page;
    const counted = countSamples(whole, isContinued ? openSamples : null);
    openSamples = counted.openSamples;
    const audio = { page: whole, samples: counted.samples, endsWithOpenPacket: openSamples !== null };
    // A page waits while the packet that ends it is not whole, for it may never become so.
    if (held.length > 0 && held.at(-1)?.endsWithOpenPacket && counted.isStillFirst) {
      held.push(audio);
      continue;
    }
    yield* held;
    held = [audio];
    if ((page.flags & OGG_END) !== 0) break;
  }
  yield* openSamples === null ? held : closeOpenPacket(held);
}

/** The page without the rest of a packet whose beginning is missing. */
function withoutOrphan(page: OggPage): OggPage {
  const end = page.lacing.findIndex((value) => value < 255);
  const count = end < 0 ? page.lacing.length : end + 1;
  const bytes = page.lacing.subarray(0, count).reduce((sum, value) => sum + value, 0);
  return {
    ...page,
    flags: page.flags & ~OGG_CONTINUED,
    lacing: page.lacing.subarray(count),
    body: page.body.subarray(bytes),
  };
}

/** The pages without a last packet that never ended. */
function closeOpenPacket(held: readonly OpusAudioPage[]): OpusAudioPage[] {
  const [first] = held;
  if (!first) return [];
  const { page } = first;
  const lastEnd = page.lacing.findLastIndex((value) => value < 255);
  const lacing = page.lacing.subarray(0, lastEnd + 1);
  const bytes = lacing.reduce((sum, value) => sum + value, 0);
  return [
    { ...first, page: { ...page, lacing, body: page.body.subarray(0, bytes) }, endsWithOpenPacket: false },
  ];
}

function countSamples(page: OggPage, openSamples: number | null) {
  let samples = 0;
  let at = 0;
  let current = openSamples;
  let hasEnded = false;
  for (const value of page.lacing) {
    current ??= opusPacketSamples(page.body.subarray(at, at + Math.min(value, 2)));
    at += value;
    if (value < 255) {
      samples += current;
      current = null;
      hasEnded = true;
    }
  }
  return { samples, openSamples: current, isStillFirst: !hasEnded };
}
