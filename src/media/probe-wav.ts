import type { AudioFacts, AudioWarning, EmbeddedTags } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { withAudioInput } from './audio-input.ts';
import { scanAudio } from './audio-scan.ts';
import type { ByteReader } from './byte-reader.ts';
import { extensionOf, mimeTypeOf } from './containers.ts';
import { readEmbeddedTags } from './embedded-tags.ts';
import type { GuardedFile } from './guarded-file.ts';
import { isPlayable } from './playability.ts';
import type { RiffFile } from './riff-file.ts';
import type { WaveFormat } from './riff-format.ts';
import { readRiffTags } from './riff-tags.ts';
import { checkScan } from './scan-verdict.ts';
import { readWavOutline, type WavOutline } from './wav-outline.ts';

/** Facts of a RIFF, RF64 or BW64 file. PCM needs no decoder; the rest is decoded where the header is not enough. */
export function probeWav(
  file: GuardedFile,
  reader: ByteReader,
  onProgress?: (bytesDone: number) => void,
): AudioFacts {
  const outline = readWavOutline(reader);
  const { format } = outline;
  const { data, dataState, container } = outline.file;
  const warnings: AudioWarning[] = describeDataState(outline);
  const inner = format.isPcm ? probePcm(outline) : probeCoded(file, outline, warnings, onProgress);
  const { codec, durationSeconds } = inner;
  return {
    container,
    codec,
    mimeType: mimeTypeOf(container, codec),
    extension: extensionOf(container, codec),
    durationSeconds,
    sampleRateHz: format.sampleRateHz,
    channels: format.channels,
    bitDepth: format.bitDepth,
    bitRateBps: durationSeconds > 0 ? Math.round((data.sizeBytes * 8) / durationSeconds) : null,
    embedded: readTags(file, reader, outline.file),
    madeAt: null,
    isPlayable: isPlayable({
      container,
      codec,
      channels: format.channels,
      bitDepth: format.bitDepth,
      isSeekable: dataState === 'whole' && isUsualLayout(format),
    }),
    warnings,
  };
}

function probePcm({ file, format }: WavOutline): { codec: string; durationSeconds: number } {
  const frames = Math.floor(file.data.sizeBytes / format.blockBytes);
  if (frames === 0) {
    throw new VoiceRecorderError('audio-no-samples', 'The WAV file holds less than one whole sample.');
  }
  return { codec: format.codec ?? '', durationSeconds: frames / format.sampleRateHz };
}

function probeCoded(
  file: GuardedFile,
  { file: riff, format }: WavOutline,
  warnings: AudioWarning[],
  onProgress: ((bytesDone: number) => void) | undefined,
): { codec: string; durationSeconds: number } {
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

/** 24 bits in containers of 32 are misread by some browsers. */
function isUsualLayout(format: WaveFormat): boolean {
  return format.bitDepth === null || format.blockBytes === (format.channels * format.bitDepth) / 8;
}

function describeDataState({ file, format }: WavOutline): AudioWarning[] {
  if (file.dataState === 'open') {
    return [
      {
        code: 'size-header-wrong',
        message: 'The WAV header was never finished; the length is taken from the file size.',
      },
    ];
  }
  if (file.dataState === 'cut') {
    const seconds = format.byteRate > 0 ? (file.data.sizeBytes / format.byteRate).toFixed(3) : '?';
    return [
      {
        code: 'truncated',
        message: `The WAV header promises more than the file holds; the ${seconds} seconds that are there are kept.`,
      },
    ];
  }
  return [];
}

function readTags(file: GuardedFile, reader: ByteReader, riff: RiffFile): EmbeddedTags {
  const own = readRiffTags(reader, riff);
  if (!riff.chunks.some((chunk) => chunk.id.toLowerCase() === 'id3 ')) return own;
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
