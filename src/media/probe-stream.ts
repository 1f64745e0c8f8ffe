import { avGetCodecName } from 'node-av/lib';
import type { AudioFacts, AudioWarning, EmbeddedTags } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { type AudioInput, withAudioInput } from './audio-input.ts';
import { type AudioScan, scanAudio } from './audio-scan.ts';
import type { ByteReader } from './byte-reader.ts';
import { extensionOf, mimeTypeOf } from './containers.ts';
import { readEmbeddedTags, readMadeAt } from './embedded-tags.ts';
import type { GuardedFile } from './guarded-file.ts';
import { readMp4Outline } from './mp4-outline.ts';
import { isPlayable } from './playability.ts';
import { checkFormat } from './riff-format.ts';
import { readText } from './riff-tags.ts';
import { checkScan } from './scan-verdict.ts';
import { outlineStream, type StreamOutline } from './stream-outline.ts';

/** Files up to this size are read and decoded whole: damage in their middle shows in no header. */
const SMALL_FILE_BYTES = 196_608;
/** Of a small file at most this much is decoded. */
const MAX_DECODE_SECONDS = 120;
/** Enough to know that the audio can be decoded at all. */
const HEAD_SECONDS = 0.25;
/** How far header and packets may differ: encoder delay and padding of lossy codecs. */
const AGREED_SECONDS = 0.25;

/** Facts of everything but WAV, as FFmpeg sees it and as the structure of the file bears it out. */
export function probeStream(
  file: GuardedFile,
  reader: ByteReader,
  family: string,
  onProgress?: (bytesDone: number) => void,
): AudioFacts {
  try {
    return withAudioInput(file, (input) => describeInput(input, reader, onProgress));
  } catch (error) {
    const isOpenFailure = error instanceof VoiceRecorderError && error.code === 'audio-unreadable';
    if (isOpenFailure && family === 'mp4' && !readMp4Outline(reader).hasMovie) {
      throw new VoiceRecorderError(
        'audio-unreadable',
        'The index (moov) of the MP4 file is missing, as when a recorder was switched off before it could write one. ' +
          'With a sound recording of the same recorder it can be made anew: vrp repair --file FILE --like GOOD-FILE --output NEW-FILE.',
        { cause: error },
      );
    }
    if (!isOpenFailure || family !== 'unknown') throw error;
    throw new VoiceRecorderError(
      'not-audio-content',
      'The content is no audio of any kind known here, whatever the name says.',
      { cause: error },
    );
  }
}

function describeInput(
  input: AudioInput,
  reader: ByteReader,
  onProgress: ((bytesDone: number) => void) | undefined,
): AudioFacts {
  const parameters = input.stream.codecpar;
  const codec = avGetCodecName(parameters.codecId) ?? 'unknown';
  const headerSeconds = readHeaderSeconds(input, codec);
  const structure = outlineStream(
    reader,
    input.demuxer,
    headerSeconds !== null && !isEstimated(input, codec),
  );
  const outline = isPcmCut(input, codec, headerSeconds, reader.sizeBytes)
    ? { ...structure, isCut: true, isHeaderTrue: false }
    : structure;
  // FFmpeg changes it while it reads: to 0, when FLAC frames leave the rate to the header.
  const sampleRateHz = parameters.sampleRate;
  checkFormat(parameters.channels, sampleRateHz);
  const isSmall = reader.sizeBytes <= SMALL_FILE_BYTES;
  const isWholeRead = isSmall || !outline.isHeaderTrue || outline.isCut;
  const scan = scanAudio(input, {
    decodeSeconds: isSmall || outline.isCut ? MAX_DECODE_SECONDS : HEAD_SECONDS,
    isHeadOnly: !isWholeRead,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const warnings = checkScan(scan);
  const length = chooseLength(outline, headerSeconds, scan, sampleRateHz);
  warnings.push(...length.warnings);
  const container = outline.container;
  const bitDepth = readBitDepth(input, codec);
  const bytes = scan.isComplete ? scan.packetBytes : reader.sizeBytes;
  const statedBitRate = Number(parameters.bitRate);
  return {
    container,
    codec,
    mimeType: mimeTypeOf(container, codec),
    extension: extensionOf(container, codec),
    durationSeconds: length.seconds,
    sampleRateHz,
    channels: parameters.channels,
    bitDepth,
    bitRateBps: statedBitRate > 0 ? statedBitRate : Math.round((bytes * 8) / Math.max(length.seconds, 0.001)),
    embedded: withAnnotation(
      readEmbeddedTags(input.context.metadata, input.stream.metadata),
      input.demuxer === 'au' ? reader : undefined,
    ),
    madeAt: readMadeAt(input.context.metadata),
    isPlayable: isPlayable({
      container,
      codec,
      channels: parameters.channels,
      bitDepth,
      isSeekable: outline.isSeekable,
    }),
    warnings,
  };
}

/** The length the header gives, without the encoder's delay where FFmpeg counts it in. */
function readHeaderSeconds(input: AudioInput, codec: string): number | null {
  const { stream, context, unitSeconds } = input;
  const units = stream.duration;
  if (units > 0n) {
    const delay = input.demuxer === 'ogg' && codec === 'opus' ? stream.codecpar.initialPadding / 48_000 : 0;
    return Math.max(0, Number(units) * unitSeconds - delay);
  }
  return context.duration > 0n ? Number(context.duration) / 1e6 : null;
}

/** FFmpeg reckons the length of MP3 without a Xing header, of ADTS and of AMR from the bit rate. */
function isEstimated(input: AudioInput, codec: string): boolean {
  // The CAF reader gives the number of frames of PCM instead of a length.
  return input.isDurationEstimated && !(input.demuxer === 'caf' && codec.startsWith('pcm_'));
}

/** Plain samples need room: a header that promises more of them than the file is long was written before a cut. */
function isPcmCut(
  input: AudioInput,
  codec: string,
  headerSeconds: number | null,
  fileBytes: number,
): boolean {
  if (!codec.startsWith('pcm_') || headerSeconds === null) return false;
  const { bitRate } = input.stream.codecpar;
  return bitRate > 0n && (headerSeconds * Number(bitRate)) / 8 > fileBytes;
}

function chooseLength(
  outline: StreamOutline,
  headerSeconds: number | null,
  scan: AudioScan,
  sampleRateHz: number,
): { seconds: number; warnings: AudioWarning[] } {
  const warnings: AudioWarning[] = [];
  if (outline.exactSamples !== null) {
    return { seconds: outline.exactSamples / sampleRateHz, warnings };
  }
  const decodedSeconds = scan.isDecoded ? scan.decodedFrames / (scan.decodedRateHz || sampleRateHz) : null;
  const scannedSeconds = decodedSeconds ?? (scan.isComplete ? Math.max(scan.spanSeconds, 0) : null);
  if (outline.isCut) {
    warnings.push({
      code: 'truncated',
      message: 'The file ends before the recording does; what is there is kept.',
    });
  }
  if (scannedSeconds === null || scannedSeconds === 0) {
    if (!outline.isHeaderTrue) {
      warnings.push({
        code: 'duration-estimated',
        message: 'Neither header nor packets tell the length; it is reckoned from the bit rate.',
      });
    }
    return { seconds: headerSeconds ?? 0, warnings };
  }
  if (!outline.isHeaderTrue || headerSeconds === null) return { seconds: scannedSeconds, warnings };
  if (Math.abs(headerSeconds - scannedSeconds) <= AGREED_SECONDS) return { seconds: headerSeconds, warnings };
  if (warnings.length === 0) {
    warnings.push({
      code: 'duration-differs',
      message: `The header promises ${headerSeconds.toFixed(3)} s, ${scannedSeconds.toFixed(3)} s of audio are there.`,
    });
  }
  return { seconds: scannedSeconds, warnings };
}

/** Sun audio has one free text between its header of 24 bytes and the samples. */
function withAnnotation(tags: EmbeddedTags, reader: ByteReader | undefined): EmbeddedTags {
  if (reader === undefined || tags.comment !== null) return tags;
  const dataOffset = reader.copy(4, 4).readUInt32BE(0);
  return { ...tags, comment: readText(reader.copy(24, Math.min(Math.max(dataOffset - 24, 0), 4096))) };
}

function readBitDepth(input: AudioInput, codec: string): number | null {
  const isLossless =
    codec.startsWith('pcm_') || codec.startsWith('adpcm_') || codec === 'flac' || codec === 'alac';
  const { bitsPerRawSample, bitsPerCodedSample } = input.stream.codecpar;
  if (codec === 'pcm_alaw' || codec === 'pcm_mulaw') return 8;
  return isLossless ? bitsPerRawSample || bitsPerCodedSample || null : null;
}
