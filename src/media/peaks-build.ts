import type { AVSampleFormat } from 'node-av/constants';
import {
  avGetPackedSampleFmt,
  avGetSampleFmtName,
  avSampleFmtIsPlanar,
  type Frame,
  Packet,
} from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import { AudioDecoder } from './audio-decoder.ts';
import { type AudioInput, withAudioInput } from './audio-input.ts';
import { ByteReader, readFully } from './byte-reader.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { collectGarbage } from './native-memory.ts';
import { findPcmSpan } from './pcm-span.ts';
import { PeaksKernel, SAMPLE_BYTES, type SampleLayout } from './peaks-kernel.ts';
import { PeaksWriter } from './peaks-writer.ts';
import { checkFormat } from './riff-format.ts';
import type { PcmSpan } from './wav-span.ts';

/** Samples as FFmpeg's decoders give them, by the name of their packed form. */
const LAYOUTS: Readonly<Record<string, SampleLayout>> = {
  u8: 'u8',
  s16: 's16le',
  s32: 's32le',
  s64: 's64le',
  flt: 'f32le',
  dbl: 'f64le',
};
interface FrameFormat {
  readonly format: AVSampleFormat;
  /** Undefined for samples no audio codec of ours makes. */
  readonly layout: SampleLayout | undefined;
  readonly isPlanar: boolean;
}

const READ_BYTES = 1_048_576;

/** Writes the peaks of `path` to the new file `outputPath`, which is on stable storage afterwards. */
export function writePeaks(
  path: string,
  outputPath: string,
  onProgress: (share: number) => void,
): { pairCount: number } {
  return withGuardedFile(path, (file) => {
    const reader = new ByteReader(file.descriptor, file.sizeBytes);
    const span = findPcmSpan(file, reader);
    if (span !== undefined) return writePcmPeaks(file, span, outputPath, onProgress);
    return withAudioInput(file, (input) => writeDecodedPeaks(input, file.sizeBytes, outputPath, onProgress));
  });
}

function writePcmPeaks(
  file: GuardedFile,
  span: PcmSpan,
  outputPath: string,
  onProgress: (share: number) => void,
): { pairCount: number } {
  const { layout, channels } = span;
  const frameBytes = SAMPLE_BYTES[layout] * channels;
  const kernel = new PeaksKernel();
  const blockFrames = Math.floor(Math.min(READ_BYTES, kernel.input.length) / frameBytes);
  const frames = Math.floor(span.sizeBytes / frameBytes);
  return withWriter(outputPath, span.sampleRateHz, (writer) => {
    const measure = (offset: number, count: number) => {
      kernel.measure(offset * channels, count * channels);
      writer.include(kernel.low, kernel.high);
    };
    for (let done = 0; done < frames; ) {
      const wanted = Math.min(blockFrames, frames - done);
      const target = kernel.input.subarray(0, wanted * frameBytes);
      const got = Math.floor(
        readFully(file.descriptor, target, span.offset + done * frameBytes) / frameBytes,
      );
      if (got === 0) break;
      kernel.prepare(layout, got * channels);
      writer.add(got, measure);
      done += got;
      onProgress(done / frames);
    }
  });
}

function writeDecodedPeaks(
  input: AudioInput,
  fileBytes: number,
  outputPath: string,
  onProgress: (share: number) => void,
): { pairCount: number } {
  const kernel = new PeaksKernel();
  const decoder = new AudioDecoder(input);
  using packet = new Packet();
  packet.alloc();
  try {
    return withWriter(outputPath, input.stream.codecpar.sampleRate, (writer) => {
      let known: FrameFormat | undefined;
      const addFrame = (frame: Frame) => {
        const format = frame.format as AVSampleFormat;
        if (known?.format !== format) known = describeFormat(format);
        addDecodedFrame(frame, known, kernel, writer);
      };
      let packetCount = 0;
      let bytesDone = 0;
      while (input.context.readFrameSync(packet) >= 0) {
        if (packet.streamIndex === input.stream.index) {
          bytesDone += packet.size;
          packetCount += 1;
          decoder.decode(packet, addFrame);
          if (packetCount % 256 === 0) onProgress(bytesDone / fileBytes);
          collectGarbage(packetCount);
        }
        packet.unref();
      }
      decoder.decode(null, addFrame);
    });
  } finally {
    decoder.close();
  }
}

/** Asked once a file: each question crosses into native code. */
function describeFormat(format: AVSampleFormat): FrameFormat {
  const layout = LAYOUTS[avGetSampleFmtName(avGetPackedSampleFmt(format)) ?? ''];
  return { format, layout, isPlanar: avSampleFmtIsPlanar(format) };
}

function addDecodedFrame(
  frame: Frame,
  { layout, isPlanar }: FrameFormat,
  kernel: PeaksKernel,
  writer: PeaksWriter,
): void {
  // Only planes beyond the eighth stand in the extended data alone.
  const planes = frame.channels > 8 ? frame.extendedData : frame.data;
  const frames = frame.nbSamples;
  if (layout === undefined || planes === null || frames === 0) return;
  const planeCount = isPlanar ? Math.min(frame.channels, planes.length) : 1;
  const samplesPerFrame = isPlanar ? 1 : frame.channels;
  const planeSamples = frames * samplesPerFrame;
  const planeBytes = planeSamples * SAMPLE_BYTES[layout];
  if (planeCount * planeSamples > PeaksKernel.capacity(layout)) throw tooLarge(frames);
  for (let plane = 0; plane < planeCount; plane += 1) {
    kernel.input.set(planes[plane]?.subarray(0, planeBytes) ?? [], plane * planeBytes);
  }
  kernel.prepare(layout, planeCount * planeSamples);
  writer.add(frames, (offset, count) => {
    for (let plane = 0; plane < planeCount; plane += 1) {
      kernel.measure(plane * planeSamples + offset * samplesPerFrame, count * samplesPerFrame);
      writer.include(kernel.low, kernel.high);
    }
  });
}

/** Runs `fill` with a writer of `outputPath`; without a single sample there are no peaks. */
function withWriter(
  outputPath: string,
  sampleRateHz: number,
  fill: (writer: PeaksWriter) => void,
): { pairCount: number } {
  checkFormat(1, sampleRateHz);
  const writer = new PeaksWriter(outputPath, sampleRateHz);
  try {
    fill(writer);
    if (writer.frameCount === 0) {
      throw new VoiceRecorderError('audio-no-samples', 'None of the audio in the file can be decoded.');
    }
    const written = writer.finish();
    writer.sync();
    return written;
  } finally {
    writer.close();
  }
}

function tooLarge(frames: number): VoiceRecorderError {
  return new VoiceRecorderError(
    'audio-impossible-format',
    `One packet holds ${frames} samples, more than any codec makes.`,
  );
}
