import { AV_NOPTS_VALUE, AV_PKT_FLAG_CORRUPT } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import type { AudioInput } from './audio-input.ts';
import { AudioOutput, type MuxTarget, type OutputTags } from './audio-output.ts';
import { collectGarbage } from './native-memory.ts';

/** Puts the packets of `input` bit by bit into a new container at `outputPath`; answers with their length. */
export function copyPackets(
  input: AudioInput,
  plan: MuxTarget,
  outputPath: string,
  onProgress: (bytesDone: number) => void,
  tags: OutputTags = {},
): number {
  const { stream, context, unitSeconds } = input;
  const { codecpar, timeBase } = stream;
  const output = new AudioOutput(outputPath, plan.muxer, plan.muxerOptions, codecpar, timeBase, tags);
  using packet = new Packet();
  packet.alloc();
  let shift: bigint | undefined;
  let end = 0n;
  let packetCount = 0;
  let bytesDone = 0;
  try {
    while (context.readFrameSync(packet) >= 0) {
      // What a torn end has left of a packet is left out, as every player leaves it out.
      const isTorn = packet.hasFlags(AV_PKT_FLAG_CORRUPT);
      if (packet.streamIndex === stream.index && packet.size > 0 && !isTorn) {
        // Time stamps that are missing continue where the last packet ended.
        const time = packet.pts === AV_NOPTS_VALUE ? end : packet.pts;
        // Takes begin at zero; times before zero are the encoder's delay, which the new container keeps.
        shift ??= time > 0n ? time : 0n;
        const start = time - shift;
        packet.pts = start;
        packet.dts = start;
        end = start + packet.duration;
        bytesDone += packet.size;
        packetCount += 1;
        output.write(packet);
        if (packetCount % 256 === 0) onProgress(bytesDone);
        collectGarbage(packetCount);
      }
      packet.unref();
    }
    if (packetCount === 0) {
      throw new VoiceRecorderError('audio-no-samples', 'The file has a header but no audio behind it.');
    }
    output.finish();
    return Number(end) * unitSeconds;
  } finally {
    output.close();
  }
}
