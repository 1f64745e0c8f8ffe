import { fdatasync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { PeaksKernel, SAMPLE_BYTES } from './peaks-kernel.ts';
import { PeaksWriter } from './peaks-writer.ts';
import { checkFormat } from './riff-format.ts';
import { openWav } from './wav-outline.ts';
import { findWavSpan, type PcmSpan } from './wav-span.ts';

const sync = promisify(fdatasync);
/** One for all files that pass through this thread: nothing stays in it between two pieces. */
let kernel: PeaksKernel | undefined;

/**
 * Peaks of a WAV file, made of the bytes of a copy while they pass: nothing is read a second time. Undefined for what
 * has to be decoded. Whatever goes wrong with them, the copy goes on, and they are made later.
 */
export function hearPeaks(
  source: { readonly descriptor: number; readonly sizeBytes: number },
  outputPath: string,
): PassingPeaks | undefined {
  try {
    const reader = openWav(source);
    const span = reader && findWavSpan(reader);
    if (span === undefined || span.sizeBytes === 0) return undefined;
    checkFormat(1, span.sampleRateHz);
    return new PassingPeaks(span, outputPath);
  } catch {
    return undefined;
  }
}

class PassingPeaks {
  readonly #span: PcmSpan;
  readonly #frameBytes: number;
  readonly #outputPath: string;
  /** Of a frame that the next piece completes. */
  readonly #begun: Uint8Array;
  #begunBytes = 0;
  #heardBytes = 0;
  #writer: PeaksWriter | null;

  constructor(span: PcmSpan, outputPath: string) {
    this.#span = span;
    this.#frameBytes = SAMPLE_BYTES[span.layout] * span.channels;
    this.#begun = new Uint8Array(this.#frameBytes);
    this.#outputPath = outputPath;
    mkdirSync(dirname(outputPath), { recursive: true, mode: 0o700 });
    this.#writer = new PeaksWriter(this.#unfinishedPath, span.sampleRateHz);
  }

  get #unfinishedPath(): string {
    return `${this.#outputPath}.unfinished`;
  }

  /** Takes the next piece of the file, which begins at `position`. */
  hear(piece: Uint8Array, position: number): void {
    const { offset, sizeBytes } = this.#span;
    const from = Math.max(0, offset - position);
    const to = Math.min(piece.length, offset + sizeBytes - position);
    try {
      if (this.#writer !== null && from < to) this.#include(this.#writer, piece.subarray(from, to));
    } catch {
      this.giveUp();
    }
  }

  /** Resolves when they are on stable storage, if they came to be. */
  async end(): Promise<void> {
    const writer = this.#writer;
    if (writer === null) return;
    try {
      if (this.#heardBytes !== this.#span.sizeBytes || writer.frameCount === 0) return this.giveUp();
      writer.finish();
      await sync(writer.descriptor);
      writer.close();
      this.#writer = null;
      // Whoever finds them under their name may trust them, whenever this process ends.
      renameSync(this.#unfinishedPath, this.#outputPath);
    } catch {
      this.giveUp();
    }
  }

  /** Leaves nothing behind. */
  giveUp(): void {
    this.#writer?.close();
    this.#writer = null;
    rmSync(dirname(this.#outputPath), { recursive: true, force: true });
  }

  #include(writer: PeaksWriter, samples: Uint8Array): void {
    kernel ??= new PeaksKernel();
    const { input } = kernel;
    const { layout, channels } = this.#span;
    this.#heardBytes += samples.length;
    input.set(this.#begun.subarray(0, this.#begunBytes));
    input.set(samples, this.#begunBytes);
    const bytes = this.#begunBytes + samples.length;
    const frames = Math.floor(bytes / this.#frameBytes);
    this.#begunBytes = bytes - frames * this.#frameBytes;
    this.#begun.set(input.subarray(frames * this.#frameBytes, bytes));
    const measure = kernel;
    measure.prepare(layout, frames * channels);
    writer.add(frames, (offset, count) => {
      measure.measure(offset * channels, count * channels);
      writer.include(measure.low, measure.high);
    });
  }
}
