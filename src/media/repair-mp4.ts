import { rmSync } from 'node:fs';
import { avGetCodecName, type CodecParameters, Packet, type Rational } from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import { openAmrFinder } from './amr-frame-finder.ts';
import { type AudioInput, withAudioInput } from './audio-input.ts';
import { AudioOutput } from './audio-output.ts';
import { scanAudio } from './audio-scan.ts';
import { ByteReader } from './byte-reader.ts';
import { DecodingFrameFinder } from './frame-finder.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { joinFragments } from './mp4-fragments.ts';
import { type Mp4Outline, readMp4Outline } from './mp4-outline.ts';
import { mp4Target } from './mp4-target.ts';
import { collectGarbage } from './native-memory.ts';
import { copyPackets } from './render-copy.ts';

const COPY_BYTES = 1024 * 1024;

/** How the recorder writes its sound, by a sound recording of it. */
interface Example {
  readonly parameters: CodecParameters;
  readonly unit: Rational;
  /** Below zero where the encoder needs a moment before its first sample. */
  readonly firstTime: bigint;
}

/**
 * Writes the sound of an MP4 file whose index (`moov`) is missing. What the index would say comes from `likePath`, a sound
 * recording of the same recorder with the same settings: fragments get its beginning; coded frames are told apart by
 * their heads or by decoding. Throws `repair-impossible` where it shows that it does not fit, or nothing of the kind was given.
 */
export function repairMp4WithoutMovie(
  file: GuardedFile,
  outputPath: string,
  likePath: string | undefined,
  onProgress: (bytesDone: number) => void,
): void {
  if (likePath === undefined) {
    throw impossible(
      'The index (moov) of this MP4 file is missing, and nothing in the file says how its sound is coded. ' +
        'Give a sound recording made by the same recorder with the same settings: --like FILE.',
    );
  }
  const outline = readMp4Outline(new ByteReader(file.descriptor, file.sizeBytes));
  withGuardedFile(likePath, (like) => {
    if (outline.fragmentsOffset === null) writeFoundFrames(file, outline, like, outputPath, onProgress);
    else copyFragments(file, outline.fragmentsOffset, like, outputPath, onProgress);
  });
}

function writeFoundFrames(
  file: GuardedFile,
  { media }: Mp4Outline,
  like: GuardedFile,
  outputPath: string,
  onProgress: (bytesDone: number) => void,
): void {
  withAudioInput(like, (input) => {
    const { parameters, unit, firstTime } = readExample(input);
    const codec = avGetCodecName(parameters.codecId) ?? '';
    const finder = openAmrFinder(codec) ?? new DecodingFrameFinder(parameters, unit);
    const { muxer, muxerOptions } = mp4Target(codec);
    const output = new AudioOutput(outputPath, muxer, muxerOptions, parameters, unit);
    // By the number of samples before it: units of time may be coarser than they are.
    const timeAt = (samples: number) =>
      firstTime + BigInt(Math.round((samples * unit.den) / (parameters.sampleRate * unit.num)));
    const reader = new ByteReader(file.descriptor, file.sizeBytes);
    using packet = new Packet();
    packet.alloc();
    let samplesDone = 0;
    let count = 0;
    try {
      for (const { offset, sizeBytes } of media) {
        let done = 0;
        while (done < sizeBytes) {
          const bytes = reader.copy(offset + done, Math.min(finder.largestBytes, sizeBytes - done));
          const frame = finder.find(bytes);
          if (frame === undefined) break;
          packet.data = bytes.subarray(0, frame.sizeBytes);
          packet.pts = timeAt(samplesDone);
          packet.dts = packet.pts;
          samplesDone += frame.samples;
          packet.duration = timeAt(samplesDone) - packet.pts;
          output.write(packet);
          packet.unref();
          done += frame.sizeBytes;
          count += 1;
          collectGarbage(count);
          onProgress(offset + done);
        }
        requireEnd(reader, offset + done, sizeBytes - done, finder.largestBytes);
      }
      if (count === 0) throw impossible('There is no sound in its media data (mdat).');
      output.finish();
    } finally {
      output.close();
      finder.close();
    }
  });
}

/** What is left must be a torn last frame, or the zeros that a power cut leaves: anything else is not this sound. */
function requireEnd(reader: ByteReader, offset: number, sizeBytes: number, largestBytes: number): void {
  if (sizeBytes <= largestBytes) return;
  for (let done = 0; done < sizeBytes; ) {
    const bytes = reader.copy(offset + done, Math.min(COPY_BYTES, sizeBytes - done));
    if (bytes.some((byte) => byte !== 0)) {
      throw impossible(
        `From byte ${offset} on the media data are not what the recording given with --like would lead to expect: ` +
          'it was made with other settings, or more than one kind of sound or picture is in the file.',
      );
    }
    done += Math.max(1, bytes.length);
  }
}

function readExample({ context, stream }: AudioInput): Example {
  using packet = new Packet();
  packet.alloc();
  while (context.readFrameSync(packet) >= 0) {
    const isOurs = packet.streamIndex === stream.index && packet.size > 0;
    const firstTime = packet.pts < 0n ? packet.pts : 0n;
    packet.unref();
    if (isOurs) return { parameters: stream.codecpar, unit: stream.timeBase, firstTime };
  }
  throw impossible('The recording given with --like has no sound in it.');
}

function copyFragments(
  file: GuardedFile,
  fragmentsOffset: number,
  like: GuardedFile,
  outputPath: string,
  onProgress: (bytesDone: number) => void,
): void {
  const joinedPath = `${outputPath}.pieces`;
  try {
    joinFragments(file, fragmentsOffset, like, joinedPath);
    withGuardedFile(joinedPath, (whole) =>
      withAudioInput(whole, (input) => {
        const codec = avGetCodecName(input.stream.codecpar.codecId) ?? '';
        copyPackets(input, mp4Target(codec), outputPath, onProgress);
      }),
    );
  } finally {
    rmSync(joinedPath, { force: true });
  }
}

/** Decodes every packet of a file that {@link repairMp4WithoutMovie} made. Throws `repair-impossible` when one cannot be. */
export function requireDecodable(path: string, onProgress: (bytesDone: number) => void): void {
  const scan = withGuardedFile(path, (file) =>
    withAudioInput(file, (input) =>
      scanAudio(input, { decodeSeconds: Number.POSITIVE_INFINITY, isHeadOnly: false, onProgress }),
    ),
  );
  if (scan.isDecoded && scan.decodeErrorCount === 0 && scan.damagedCount === 0) return;
  throw impossible(
    `The recording given with --like does not fit: ${scan.decodeErrorCount} of ${scan.packetCount} packets cannot be decoded as its.`,
  );
}

function impossible(message: string): VoiceRecorderError {
  return new VoiceRecorderError('repair-impossible', message);
}
