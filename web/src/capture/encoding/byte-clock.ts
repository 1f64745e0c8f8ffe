import type { AudioFileKind } from '../take/audio-file.ts';
import { createFlacClock } from './flac-clock.ts';
import { createOggClock } from './ogg-clock.ts';

/** Tells how many seconds of audio lie within the first so many bytes of a file that grows. */
export interface ByteClock {
  /** Notes further bytes of the file, in their order and without gaps. */
  push(bytes: Uint8Array): void;
  /** Seconds that are whole within the first `sizeBytes` bytes. */
  secondsAt(sizeBytes: number): number;
  /** Where the last whole page or frame ends; what lies behind it holds no sound that could be played. */
  readonly wholeBytes: number;
}

export function createByteClock(kind: AudioFileKind): ByteClock {
  return kind === 'flac' ? createFlacClock() : createOggClock();
}
