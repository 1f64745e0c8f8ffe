import { readFlacFrames, readStreamInfo } from './flac-frames.ts';
import { FlacWriter } from './flac-writer.ts';
import type { GuardedFile } from './guarded-file.ts';
import { CopyImpossible, type JoinedParts, type JoinProgress, joinOneByOne } from './join-parts.ts';
import type { NewFile } from './new-file.ts';

/** Puts FLAC streams of the same rate, channels and depth together: the coded samples of every frame as they are. */
export function joinFlac(
  paths: readonly string[],
  outputPath: string,
  onProgress: JoinProgress,
): JoinedParts {
  return joinOneByOne(paths, outputPath, onProgress, (output) => new FlacJoint(output));
}

class FlacJoint {
  readonly #output: NewFile;
  #rateHz = 0;
  #shape: string | undefined;
  #writer: FlacWriter | undefined;
  readonly #starts: number[] = [];

  constructor(output: NewFile) {
    this.#output = output;
  }

  append(file: GuardedFile, onProgress: JoinProgress): void {
    const info = readStreamInfo(file);
    const { sampleRateHz, channels, bitDepth } = info;
    const shape = `${sampleRateHz} ${channels} ${bitDepth}`;
    this.#shape ??= shape;
    this.#rateHz = sampleRateHz;
    if (shape !== this.#shape) throw new CopyImpossible('The segments differ in rate, channels or depth.');
    this.#writer ??= new FlacWriter(this.#output, info);
    this.#starts.push(this.#writer.samples / sampleRateHz);
    let bytesDone = info.framesOffset;
    for (const { header, bytes } of readFlacFrames(file, info)) {
      this.#writer.add(header, bytes);
      bytesDone += bytes.length;
      onProgress(bytesDone);
    }
  }

  finish(): JoinedParts {
    if (this.#writer === undefined) throw new CopyImpossible('The segments hold no audio.');
    this.#writer.finish();
    return { startsSeconds: this.#starts, durationSeconds: this.#writer.samples / this.#rateHz };
  }
}
