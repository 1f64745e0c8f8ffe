import { ByteReader } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible, type JoinedParts, type JoinProgress, joinOneByOne } from './join-parts.ts';
import type { NewFile } from './new-file.ts';
import {
  encodeOggPage,
  OGG_BEGIN,
  OGG_CONTINUED,
  OGG_END,
  type OggPage,
  OggPageReader,
  oneOggPacket,
} from './ogg-pages.ts';
import {
  OPUS_RATE_HZ,
  type OpusHead,
  opusPacketSamples,
  readOpusHead,
  readOpusPages,
} from './opus-stream.ts';

const READ_BYTES = 512 * 1024;

/**
 * 10 ms of silence in the other of Opus's two modes than what follows: a decoder forgets what it heard before when
 * the mode changes (RFC 6716 section 4.5.2). Without it the first tenth of a second of a segment would be decoded
 * upon the end of the segment before, at wrong levels.
 */
const PAUSE = {
  beforeCelt: Buffer.from('000bf1761d48', 'hex'),
  beforeSilk: Buffer.from('90fffe', 'hex'),
} as const;
/** Configurations from here on are CELT alone, those below have a SILK layer (RFC 6716 section 3.1). */
const FIRST_CELT_CONFIG = 16;

/**
 * Puts Opus streams in Ogg together as one logical stream: every packet as it is, in order, with positions that run
 * on. An Ogg stream has room for one run-in at its beginning and one trimmed end (RFC 7845 section 4). Between two
 * segments the filling of the last frame of the earlier one, a pause of 10 ms and the run-in of the later one (some
 * 6.5 ms) are therefore heard: all but silence. No sample of a segment is left out.
 */
export function joinOpus(
  paths: readonly string[],
  outputPath: string,
  onProgress: JoinProgress,
): JoinedParts {
  return joinOneByOne(paths, outputPath, onProgress, (output) => new OpusJoint(output));
}

class OpusJoint {
  readonly #output: NewFile;
  #head: OpusHead | undefined;
  #sequence = 0;
  /** Samples that all packets so far decode to. */
  #decoded = 0;
  /** Of the segment before: samples at its end that are not its audio. */
  #trim = 0;
  #held: OggPage | undefined;
  readonly #starts: number[] = [];

  constructor(output: NewFile) {
    this.#output = output;
  }

  append(file: GuardedFile, onProgress: JoinProgress): void {
    const pages = new OggPageReader(new ByteReader(file.descriptor, file.sizeBytes, READ_BYTES));
    const head = readOpusHead(pages);
    const first = this.#head ?? this.#begin(head);
    if (head.decoderKey !== first.decoderKey)
      throw new CopyImpossible('The segments differ in channels or gain.');
    let before = this.#decoded;
    let origin: number | undefined;
    this.#trim = 0;
    let pageCount = 0;
    for (const { page, samples } of readOpusPages(pages, head.serial)) {
      if (pageCount === 0) {
        if (before > 0) this.#pause(page, first.serial);
        before = this.#decoded;
      }
      this.#decoded += samples;
      const ownEnd = this.#decoded - before;
      if (samples > 0) origin ??= originOf(page, samples);
      // Only the last page of a stream may promise less than its packets hold (RFC 7845 section 4.4).
      const isEnd = (page.flags & OGG_END) !== 0 && page.granule >= 0n;
      if (isEnd) this.#trim = clamp((origin ?? 0) + ownEnd - Number(page.granule), ownEnd - head.preSkip);
      const hasEndOfPacket = page.lacing.some((value) => value < 255);
      this.#write({
        ...page,
        flags: page.flags & OGG_CONTINUED,
        granule: hasEndOfPacket ? BigInt(this.#decoded) : -1n,
        serial: first.serial,
      });
      pageCount += 1;
      if (pageCount % 64 === 0) onProgress(pages.bytesDone);
    }
    this.#starts.push((before + head.preSkip - first.preSkip) / OPUS_RATE_HZ);
  }

  finish(): JoinedParts {
    const last = this.#held;
    const head = this.#head;
    if (!last || !head) throw new CopyImpossible('The segments hold no audio.');
    const end = this.#decoded - this.#trim;
    this.#held = { ...last, flags: last.flags | OGG_END, granule: BigInt(end) };
    this.#write(undefined);
    this.#output.finish();
    return {
      startsSeconds: this.#starts,
      durationSeconds: Math.max(0, end - head.preSkip) / OPUS_RATE_HZ,
    };
  }

  #begin(head: OpusHead): OpusHead {
    this.#head = head;
    const comments = Buffer.alloc(12 + head.vendor.length + 4);
    comments.write('OpusTags', 'latin1');
    comments.writeUInt32LE(head.vendor.length, 8);
    head.vendor.copy(comments, 12);
    this.#write(oneOggPacket(OGG_BEGIN, head.serial, head.packet));
    this.#write(oneOggPacket(0, head.serial, comments));
    return head;
  }

  #pause(next: OggPage, serial: number): void {
    const config = (next.body[0] ?? 0) >> 3;
    const packet = config >= FIRST_CELT_CONFIG ? PAUSE.beforeCelt : PAUSE.beforeSilk;
    this.#decoded += opusPacketSamples(packet);
    this.#write({ ...oneOggPacket(0, serial, packet), granule: BigInt(this.#decoded) });
  }

  /** One page is held back: only when nothing follows is it known to be the last. */
  #write(page: OggPage | undefined): void {
    const ready = this.#held;
    this.#held = page;
    if (!ready) return;
    for (const part of encodeOggPage(ready, this.#sequence)) this.#output.write(part);
    this.#sequence += 1;
  }
}

/** The position at which a stream begins: not 0 in captures of a running stream (RFC 7845 section 4.3). */
function originOf(page: OggPage, samples: number): number {
  const origin = Number(page.granule) - samples;
  return page.granule < 0n || origin < 0 ? 0 : origin;
}

function clamp(value: number, high: number): number {
  return Math.min(Math.max(value, 0), Math.max(high, 0));
}
