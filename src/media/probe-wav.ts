import type { AudioFacts, AudioWarning, EmbeddedTags } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { withAudioInput } from './audio-input.ts';
import { scanAudio } from './audio-scan.ts';
import type { ByteReader } from './byte-reader.ts';
import { readEmbeddedTags } from './embedded-tags.ts';
import type { GuardedFile } from './guarded-file.ts';
import type { RiffFile } from './riff-file.ts';
import { readRiffTags } from './riff-tags.ts';
import { checkScan } from './scan-verdict.ts';
import { isId3, pcmStream, type WavStream, wavFacts } from './wav-facts.ts';
import { readWavOutline, type WavOutline } from './wav-outline.ts';

/** Facts of a RIFF, RF64 or BW64 file. PCM needs no decoder; the rest is decoded where the header is not enough. */
export function probeWav(
  file: GuardedFile,
  reader: ByteReader,
  onProgress?: (bytesDone: number) => void,
): AudioFacts {
  const outline = readWavOutline(reader);
  const warnings: AudioWarning[] = [];
  const stream = outline.format.isPcm ? pcmStream(outline) : probeCoded(file, outline, warnings, onProgress);
  const facts = wavFacts(outline, stream, readTags(file, reader, outline.file));
  return { ...facts, warnings: [...facts.warnings, ...warnings] };
}

function probeCoded(
  file: GuardedFile,
  { file: riff, format }: WavOutline,
  warnings: AudioWarning[],
  onProgress: ((bytesDone: number) => void) | undefined,
): WavStream {
  if (format.codec === null) {
    throw new VoiceRecorderError(
      'audio-unknown-codec',
      `The WAV file declares format tag 0x${format.formatTag.toString(16).padStart(4, '0')}, which is not known here.`,
    );
  }
  const blocks = format.blockBytes === 0 ? 0 : Math.floor(riff.data.sizeBytes / format.blockBytes);
  const countedFrames = format.samplesPerBlock === null ? 0 : blocks * format.samplesPerBlock;
  const isCounted = countedFrames > 0;
  const scan = withAudioInput(
    file,
    (input) =>
      scanAudio(input, {
        decodeSeconds: 1,
        isHeadOnly: isCounted,
        ...(onProgress === undefined ? {} : { onProgress }),
      }),
    { isHeaderEnough: isCounted },
  );
  warnings.push(...checkScan(scan));
  const durationSeconds = isCounted ? countedFrames / format.sampleRateHz : scan.sumSeconds;
  return { codec: format.codec, durationSeconds };
}

function readTags(file: GuardedFile, reader: ByteReader, riff: RiffFile): EmbeddedTags {
  const own = readRiffTags(reader, riff);
  if (!riff.chunks.some(isId3)) return own;
  try {
    const id3 = withAudioInput(file, ({ context }) => readEmbeddedTags(context.metadata, null), {
      isHeaderEnough: true,
    });
    return {
      ...own,
      title: own.title ?? id3.title,
      artist: own.artist ?? id3.artist,
      album: own.album ?? id3.album,
      date: own.date ?? id3.date,
      comment: own.comment ?? id3.comment,
    };
  } catch (error) {
    // The samples are readable without FFmpeg; unreadable tags are no reason to refuse them.
    if (error instanceof VoiceRecorderError) return own;
    throw error;
  }
}
