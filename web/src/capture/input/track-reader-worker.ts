// Reads a microphone's track sample by sample as the device delivers it. Between a track and an audio thread stands
// a buffer of 10 ms pieces which repeats or drops some of them when the machine is busy; here nothing stands.
import { BlockCollector, type CollectorCommand } from './block-collector.ts';

export type ReaderCommand =
  | CollectorCommand
  | {
      readonly type: 'read';
      readonly readable: ReadableStream<AudioData>;
      readonly levelMemory: SharedArrayBuffer | null;
    };

let levels: Float32Array | null = null;
const collector = new BlockCollector((level) => {
  if (levels) levels.set([level.peak, level.rms]);
  else self.postMessage(level);
});

async function read(readable: ReadableStream<AudioData>): Promise<void> {
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { numberOfChannels, numberOfFrames, sampleRate, timestamp } = value;
    const channels = Array.from({ length: Math.min(2, numberOfChannels) }, (_, planeIndex) => {
      const samples = new Float32Array(numberOfFrames);
      value.copyTo(samples, { planeIndex, format: 'f32-planar' });
      return samples;
    });
    value.close();
    // WebCodecs, section 9.2: timestamps are in microseconds.
    collector.take(channels, numberOfFrames, sampleRate, timestamp / 1000);
  }
}

self.onmessage = ({ data }: MessageEvent<ReaderCommand>) => {
  if (data.type !== 'read') {
    collector.obey(data);
    return;
  }
  levels = data.levelMemory && new Float32Array(data.levelMemory);
  void read(data.readable);
};
