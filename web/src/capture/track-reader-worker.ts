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

let collector: BlockCollector | null = null;
const early: CollectorCommand[] = [];

function obey(command: CollectorCommand): void {
  if (collector) collector.obey(command);
  else early.push(command);
}

async function read(
  readable: ReadableStream<AudioData>,
  levelMemory: SharedArrayBuffer | null,
): Promise<void> {
  const levels = levelMemory ? new Float32Array(levelMemory) : null;
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { numberOfChannels, numberOfFrames, sampleRate } = value;
    const channels = Array.from({ length: Math.min(2, numberOfChannels) }, (_, planeIndex) => {
      const samples = new Float32Array(numberOfFrames);
      value.copyTo(samples, { planeIndex, format: 'f32-planar' });
      return samples;
    });
    value.close();
    if (!collector) {
      collector = new BlockCollector(sampleRate, (level) => {
        if (levels) levels.set([level.peak, level.rms]);
        else self.postMessage(level);
      });
      for (const command of early.splice(0)) collector.obey(command);
    }
    collector.take(channels, numberOfFrames);
  }
}

self.onmessage = ({ data }: MessageEvent<ReaderCommand>) => {
  if (data.type === 'read') void read(data.readable, data.levelMemory);
  else obey(data);
};
