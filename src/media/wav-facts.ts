import type { AudioFacts, AudioWarning, EmbeddedTags } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { extensionOf, mimeTypeOf } from './containers.ts';
import { isPlayable } from './playability.ts';
import type { RiffChunk } from './riff-file.ts';
import type { WaveFormat } from './riff-format.ts';
import { readRiffTags } from './riff-tags.ts';
import { openWav, readWavOutline, type WavOutline } from './wav-outline.ts';
import { withExtensionWarning } from './wrong-extension.ts';

/** What is found out of the samples of a WAV file. */
export interface WavStream {
  readonly codec: string;
  readonly durationSeconds: number;
}

/** A usual file has a handful; what has many is looked at where it can be stopped. */
const FEW_CHUNKS = 32;

/**
 * Facts of a WAV file of PCM by its header alone, without a decoder and in a moment. Undefined for all that must be
 * looked at more closely: other formats, tags that others wrote into it (ID3, iXML), and what will be refused.
 */
export function readPcmFacts(
  file: { readonly descriptor: number; readonly sizeBytes: number },
  filename: string,
): AudioFacts | undefined {
  try {
    const reader = openWav(file);
    if (reader === undefined) return undefined;
    const outline = readWavOutline(reader);
    const { chunks } = outline.file;
    if (!outline.format.isPcm || chunks.length > FEW_CHUNKS) return undefined;
    if (chunks.some((chunk) => isId3(chunk) || chunk.id === 'iXML')) return undefined;
    const facts = wavFacts(outline, pcmStream(outline), readRiffTags(reader, outline.file));
    return withExtensionWarning(facts, filename);
  } catch {
    return undefined;
  }
}

export function isId3({ id }: RiffChunk): boolean {
  return id.toLowerCase() === 'id3 ';
}

export function wavFacts(
  outline: WavOutline,
  { codec, durationSeconds }: WavStream,
  embedded: EmbeddedTags,
): AudioFacts {
  const { format } = outline;
  const { data, dataState, container } = outline.file;
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
    embedded,
    madeAt: null,
    isPlayable: isPlayable({
      container,
      codec,
      channels: format.channels,
      bitDepth: format.bitDepth,
      isSeekable: dataState === 'whole' && isUsualLayout(format),
    }),
    warnings: describeDataState(outline),
  };
}

/** Throws `audio-no-samples`. */
export function pcmStream({ file, format }: WavOutline): WavStream {
  const frames = Math.floor(file.data.sizeBytes / format.blockBytes);
  if (frames === 0) {
    throw new VoiceRecorderError('audio-no-samples', 'The WAV file holds less than one whole sample.');
  }
  return { codec: format.codec ?? '', durationSeconds: frames / format.sampleRateHz };
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
