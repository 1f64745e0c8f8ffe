import { avGetCodecName, type Dictionary } from 'node-av/lib';
import type { AudioFacts, EmbeddedTags } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { requireDecoder } from './audio-decoder.ts';
import { type AudioInput, analyseInput, withAudioInput } from './audio-input.ts';
import { type AudioScan, hasFirstPacket, scanAudio } from './audio-scan.ts';
import type { ByteReader } from './byte-reader.ts';
import { formatOf, readCompleteHeader, type StreamFormat } from './complete-header.ts';
import { extensionOf, mimeTypeOf } from './containers.ts';
import { readEmbeddedTags, readMadeAt } from './embedded-tags.ts';
import type { GuardedFile } from './guarded-file.ts';
import { readId3Text } from './id3-text.ts';
import { readMp4Outline } from './mp4-outline.ts';
import { isPlayable } from './playability.ts';
import { checkFormat } from './riff-format.ts';
import { readText } from './riff-tags.ts';
import { checkScan } from './scan-verdict.ts';
import { chooseLength } from './stream-length.ts';
import { outlineStream, type StreamOutline } from './stream-outline.ts';
import { checkStructure, type StructureCheck } from './structure-check.ts';
import { VorbisSetups } from './vorbis-setup.ts';

/** Of a file that was cut at most this much is decoded. */
const MAX_DECODE_SECONDS = 120;
/** The first frame: enough to know that the audio can be decoded at all. */
const HEAD_SECONDS = 0.02;

export interface ProbeSettings {
  /** Hears of bytes read during long scans. */
  readonly onProgress?: (bytesDone: number) => void;
  /** Of whoever probes many files. */
  readonly vorbisSetups?: VorbisSetups;
}

/** Facts of everything but WAV, as FFmpeg sees it and as the structure of the file bears it out. */
export function probeStream(
  file: GuardedFile,
  reader: ByteReader,
  family: string,
  { onProgress, vorbisSetups = new VorbisSetups() }: ProbeSettings = {},
): AudioFacts {
  try {
    return withAudioInput(file, (input) => describeInput(input, reader, vorbisSetups, onProgress), {
      isHeaderEnough: true,
      reader,
    });
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
  opened: AudioInput,
  reader: ByteReader,
  vorbisSetups: VorbisSetups,
  onProgress: ((bytesDone: number) => void) | undefined,
): AudioFacts {
  const structure = checkStructure(reader, opened.demuxer);
  let input = opened;
  let look = lookAt(input, reader);
  const isTold = look.outline.isHeaderTrue || structure.soundSeconds !== null;
  let format = isTold ? readCompleteHeader(input, reader, look.codec, vorbisSetups) : undefined;
  if (format === undefined) {
    input = analyseInput(opened);
    look = lookAt(input, reader);
    format = formatOf(input);
  }
  const { codec, headerSeconds, outline } = look;
  const { container } = outline;
  const { sampleRateHz, channels } = format;
  checkFormat(channels, sampleRateHz);
  const scan = isEnough(look, structure, input) ? undefined : scanFor(input, outline, onProgress);
  const counted = countedBy(scan, structure, sampleRateHz);
  const length = chooseLength(outline, headerSeconds, counted.seconds, sampleRateHz);
  const bitDepth = readBitDepth(codec, format);
  const statedBps = container === 'mp3' && structure.soundBytes !== null ? 0 : format.bitRateBps;
  const countedBps =
    ((counted.bytes ?? reader.sizeBytes) * 8) / Math.max(structure.soundSeconds ?? length.seconds, 0.001);
  const tags = input.context.metadata;
  const scanWarnings = scan === undefined ? [] : checkScan(scan);
  return {
    container,
    codec,
    mimeType: mimeTypeOf(container, codec),
    extension: extensionOf(container, codec),
    durationSeconds: length.seconds,
    sampleRateHz,
    channels,
    bitDepth,
    bitRateBps: statedBps || Math.round(countedBps),
    embedded: readTags(input, tags, reader),
    madeAt: readMadeAt(tags),
    isPlayable: isPlayable({ container, codec, channels, bitDepth, isSeekable: outline.isSeekable }),
    warnings: [...(structure.warnings.length > 0 ? structure.warnings : scanWarnings), ...length.warnings],
  };
}

/** Whether header and structure tell all there is to tell. Throws `audio-unknown-codec`. */
function isEnough({ outline }: Look, structure: StructureCheck, input: AudioInput): boolean {
  if (outline.isCut || !(outline.isHeaderTrue || structure.soundSeconds !== null)) return false;
  requireDecoder(input.stream.codecpar.codecId);
  return structure.hasSound || hasFirstPacket(input);
}

function scanFor(
  input: AudioInput,
  outline: StreamOutline,
  onProgress: ((bytesDone: number) => void) | undefined,
): AudioScan {
  return scanAudio(input, {
    decodeSeconds: outline.isCut ? MAX_DECODE_SECONDS : HEAD_SECONDS,
    isHeadOnly: outline.isHeaderTrue && !outline.isCut,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** What a scan or the structure counted: null for what neither did. */
function countedBy(scan: AudioScan | undefined, structure: StructureCheck, sampleRateHz: number) {
  const bytes = structure.soundBytes ?? (scan?.isComplete === true ? scan.packetBytes : null);
  if (scan === undefined) return { bytes, seconds: structure.soundSeconds };
  if (scan.isDecoded) return { bytes, seconds: scan.decodedFrames / (scan.decodedRateHz || sampleRateHz) };
  return { bytes, seconds: scan.isComplete ? Math.max(scan.spanSeconds, 0) : null };
}

interface Look {
  readonly codec: string;
  readonly headerSeconds: number | null;
  readonly outline: StreamOutline;
}

/** What is known of a file before any of it is decoded. */
function lookAt(input: AudioInput, reader: ByteReader): Look {
  const codec = avGetCodecName(input.stream.codecpar.codecId) ?? 'unknown';
  const headerSeconds = readHeaderSeconds(input, codec);
  const structure = outlineStream(
    reader,
    input.demuxer,
    headerSeconds !== null && !isEstimated(input, codec),
  );
  const outline = isPcmCut(input, codec, headerSeconds, reader.sizeBytes)
    ? { ...structure, isCut: true, isHeaderTrue: false }
    : structure;
  return { codec, headerSeconds, outline };
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

function readTags(input: AudioInput, container: Dictionary | null, reader: ByteReader): EmbeddedTags {
  if (input.isTagSkipped) return readId3Text(reader);
  const tags = readEmbeddedTags(container, input.stream.metadata);
  return input.demuxer === 'au' ? withAnnotation(tags, reader) : tags;
}

/** Sun audio has one free text between its header of 24 bytes and the samples. */
function withAnnotation(tags: EmbeddedTags, reader: ByteReader): EmbeddedTags {
  if (tags.comment !== null) return tags;
  const dataOffset = reader.copy(4, 4).readUInt32BE(0);
  return { ...tags, comment: readText(reader.copy(24, Math.min(Math.max(dataOffset - 24, 0), 4096))) };
}

function readBitDepth(codec: string, format: StreamFormat): number | null {
  if (codec === 'pcm_alaw' || codec === 'pcm_mulaw') return 8;
  const isLossless = /^(pcm_|adpcm_)/.test(codec) || codec === 'flac' || codec === 'alac';
  return isLossless ? format.bitDepth || null : null;
}
