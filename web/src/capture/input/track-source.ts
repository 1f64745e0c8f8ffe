import type { SampleSource } from './audio-input.ts';
import type { LevelMeter } from './level-meter.ts';
import type { ReaderCommand } from './track-reader-worker.ts';

/** Hands out what a track delivers, piece by piece (mediacapture-transform; Chromium has it for audio on pages). */
interface TrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}
type TrackProcessorMaker = new (options: {
  track: MediaStreamTrack;
  maxBufferSize?: number;
}) => TrackProcessor;

// Pieces of 10 ms that wait when the reader is late: 20 s before one is lost.
const WAITING_PIECES = 2_000;
// Time for the reader's last word.
const CLOSING_MS = 2_000;

export function canReadTracks(): boolean {
  return 'MediaStreamTrackProcessor' in globalThis;
}

export function readTrack(track: MediaStreamTrack, meter: LevelMeter): SampleSource {
  const { MediaStreamTrackProcessor } = globalThis as unknown as {
    MediaStreamTrackProcessor: TrackProcessorMaker;
  };
  const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: WAITING_PIECES });
  const worker = new Worker(new URL('./track-reader-worker.ts', import.meta.url), { type: 'module' });
  const tell = (command: ReaderCommand, transfer: Transferable[] = []) =>
    worker.postMessage(command, transfer);
  worker.onmessage = (event) => meter.tell(event.data);
  tell({ type: 'read', readable, levelMemory: meter.memory }, [readable]);
  return {
    startListening: () => Promise.resolve(true),
    tell,
    close: () => void setTimeout(() => worker.terminate(), CLOSING_MS),
  };
}
