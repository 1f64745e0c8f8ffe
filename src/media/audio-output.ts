import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

import {
  type CodecParameters,
  Dictionary,
  FFmpegError,
  FormatContext,
  type IRational,
  type Packet,
  PosixError,
  Rational,
  type Stream,
} from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';

/** A container to write. */
export interface MuxTarget {
  /** FFmpeg's name of it. */
  readonly muxer: string;
  readonly muxerOptions: Readonly<Record<string, string>>;
}

/** What is to stand in the file about its content; each muxer writes what its container has a place for. */
export interface OutputTags {
  readonly container?: Dictionary | null;
  readonly stream?: Dictionary | null;
}

/** One audio stream on its way into a new file. */
export class AudioOutput {
  readonly #context = new FormatContext();
  readonly #stream: Stream;
  readonly #path: string;
  readonly #unit: IRational;

  /** Creates `path`, which must not exist yet, and writes the header of FFmpeg's container `muxer`. */
  constructor(
    path: string,
    muxer: string,
    options: Readonly<Record<string, string>>,
    parameters: CodecParameters,
    unit: IRational,
    tags: OutputTags = {},
  ) {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
    this.#path = path;
    this.#unit = unit;
    checkResult(this.#context.allocOutputContext2(null, muxer, `file:${path}`), 'be set up');
    this.#stream = this.#context.newStream(null);
    checkResult(parameters.copy(this.#stream.codecpar), 'be set up');
    // The tag of the old container means nothing in the new one.
    this.#stream.codecpar.codecTag = 0;
    this.#stream.timeBase = Rational.fromObject(unit);
    if (tags.container) this.#context.metadata = tags.container;
    if (tags.stream) this.#stream.metadata = tags.stream;
    checkResult(this.#context.openOutputSync(), 'be opened');
    using settings = Dictionary.fromObject({ ...options });
    checkResult(this.#context.writeHeaderSync(settings), 'take its header');
  }

  /** Takes over `packet`, whose times count in the unit given to the constructor. */
  write(packet: Packet): void {
    packet.streamIndex = 0;
    packet.rescaleTs(this.#unit, this.#stream.timeBase);
    packet.pos = -1n;
    checkResult(this.#context.interleavedWriteFrameSync(packet), 'be written');
  }

  /** Completes the file and waits until it is on stable storage. */
  finish(): void {
    checkResult(this.#context.writeTrailerSync(), 'be completed');
    this.#context.closeOutputSync();
    const descriptor = openSync(this.#path, constants.O_RDWR);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    this.#context.freeContext();
  }
}

function checkResult(result: number, what: string): void {
  if (result >= 0) return;
  throw new VoiceRecorderError(
    result === FFmpegError.AVERROR(PosixError.ENOSPC) ? 'disk-full' : 'media-failed',
    `The rendition could not ${what}: ${FFmpegError.strerror(result)}.`,
  );
}
