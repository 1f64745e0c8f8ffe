import {
  AV_DISPOSITION_ATTACHED_PIC,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, type Stream } from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';
import { ByteReader } from './byte-reader.ts';
import { id3v2Bytes } from './declared-size.ts';
import type { GuardedFile } from './guarded-file.ts';
import { withFreshDescriptor } from './guarded-file.ts';
import { hasUnwieldyText } from './id3-text.ts';
import { requirePossibleTables } from './mp4-tables.ts';
import { sureDemuxer } from './sure-demuxer.ts';

/**
 * The only demuxers that ever see a file: containers of audio that hold their samples themselves. Everything that
 * may name another file or address (concat, HLS, DASH, image sequences, subtitles, SDP) is absent.
 */
const DEMUXERS =
  'wav,w64,aiff,au,caf,flac,mp3,ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,asf,amr,amrnb,amrwb,aac';

/** Of the look at the structure before FFmpeg opens a file. */
const WINDOW_BYTES = 4096;

/** An audio stream that FFmpeg has opened; valid only inside the callback it was given to. */
export interface AudioInput {
  readonly context: FormatContext;
  readonly stream: Stream;
  /** FFmpeg's name of the demuxer. */
  readonly demuxer: string;
  /** Seconds of one unit of the stream's time stamps. */
  readonly unitSeconds: number;
  /** The header itself gave no length: what FFmpeg says later it has reckoned from the bit rate. */
  readonly isDurationEstimated: boolean;
  /** FFmpeg was not given the ID3v2 tag. */
  readonly isTagSkipped: boolean;
}

export interface AudioInputOptions {
  /** One of the same file that the caller has already. */
  readonly reader?: ByteReader;
  /** Skips FFmpeg's own analysis of the streams: for headers that are complete. */
  readonly isHeaderEnough?: boolean;
  /** Forces a raw PCM reader on the samples that start at `offset`. */
  readonly rawPcm?: { readonly format: 's32le'; sampleRateHz: number; channels: number; offset: number };
  /** Size of the packets that plain samples of WAV files come in; 4,096 when not given. */
  readonly pcmPacketBytes?: number;
}

/**
 * Opens the audio of `file` with FFmpeg for the length of `use`. FFmpeg gets a descriptor, no name; it may use no
 * other protocol and follow no reference. Throws `audio-unreadable`, `audio-impossible-format` or
 * `not-audio-video-only`.
 */
export function withAudioInput<T>(
  file: GuardedFile,
  use: (input: AudioInput) => T,
  options: AudioInputOptions = {},
): T {
  const reader = options.reader ?? new ByteReader(file.descriptor, file.sizeBytes, WINDOW_BYTES);
  requirePossibleTables(reader);
  const demuxer = options.rawPcm?.format ?? sureDemuxer(reader);
  const isTagSkipped = demuxer === 'mp3' && hasUnwieldyText(reader);
  const skippedBytes = isTagSkipped ? id3v2Bytes(reader) : (options.rawPcm?.offset ?? 0);
  return withFreshDescriptor(file, (descriptor) => {
    const context = new FormatContext();
    context.allocContext();
    const openResult = openContext(context, file.path, descriptor, demuxer, skippedBytes, options);
    if (openResult < 0) {
      throw new VoiceRecorderError(
        'audio-unreadable',
        `The audio container cannot be read: ${FFmpegError.strerror(openResult)}.`,
      );
    }
    try {
      return use({ ...chooseStream(context, options), isTagSkipped });
    } finally {
      context.closeInputSync();
    }
  });
}

function openContext(
  context: FormatContext,
  path: string,
  descriptor: number,
  demuxer: string | undefined,
  skippedBytes: number,
  options: AudioInputOptions,
): number {
  // Node's descriptors mean nothing to libraries on Windows, whose C runtime counts its own.
  const isByName = process.platform === 'win32';
  const raw = options.rawPcm;
  using settings = Dictionary.fromObject({
    ...(isByName ? {} : { fd: String(descriptor) }),
    protocol_whitelist: isByName ? 'file' : 'fd',
    format_whitelist: raw?.format ?? DEMUXERS,
    // MOV data references lead to other files; both are FFmpeg's defaults, and must stay what they are.
    enable_drefs: '0',
    use_absolute_path: '0',
    max_streams: '32',
    max_probe_packets: '256',
    probesize: '2000000',
    analyzeduration: '3000000',
    ...(skippedBytes === 0 ? {} : { skip_initial_bytes: String(skippedBytes) }),
    ...(options.pcmPacketBytes === undefined ? {} : { max_size: String(options.pcmPacketBytes) }),
    ...(raw === undefined
      ? {}
      : {
          sample_rate: String(raw.sampleRateHz),
          ch_layout: `${raw.channels}C`,
        }),
  });
  const format = demuxer === undefined ? null : InputFormat.findInputFormat(demuxer);
  return context.openInputSync(isByName ? `file:${path}` : 'fd:', format, settings);
}

function chooseStream(context: FormatContext, options: AudioInputOptions): Omit<AudioInput, 'isTagSkipped'> {
  const demuxer = context.iformat?.name ?? '';
  // Each look at the streams makes them anew.
  let streams = context.streams;
  const isDurationEstimated = context.duration <= 0n && (findAudio(streams)?.duration ?? 0n) <= 0n;
  if (options.isHeaderEnough !== true) {
    findStreamInfo(context);
    streams = context.streams;
  }
  const stream = requireAudio(streams);
  return { context, stream, demuxer, unitSeconds: stream.timeBase.toDouble(), isDurationEstimated };
}

/** The first audio stream; what the others hold is passed over. */
function requireAudio(streams: Stream[]): Stream {
  const stream = findAudio(streams);
  if (stream === undefined) throw describeNoAudio(streams);
  for (const one of streams) if (one !== stream) one.discard = AVDISCARD_ALL;
  return stream;
}

/** FFmpeg's own analysis of a file that was opened without: it decodes some of it where the header leaves something open. */
export function analyseInput(input: AudioInput): AudioInput {
  findStreamInfo(input.context);
  const stream = requireAudio(input.context.streams);
  return { ...input, stream, unitSeconds: stream.timeBase.toDouble() };
}

function findStreamInfo(context: FormatContext): void {
  for (const stream of context.streams) {
    if (stream.codecpar.codecType !== AVMEDIA_TYPE_AUDIO) stream.discard = AVDISCARD_ALL;
  }
  const result = context.findStreamInfoSync(null);
  if (result < 0) {
    throw new VoiceRecorderError(
      'audio-unreadable',
      `The audio streams cannot be analysed: ${FFmpegError.strerror(result)}.`,
    );
  }
}

function findAudio(streams: readonly Stream[]): Stream | undefined {
  return streams.find((one) => one.codecpar.codecType === AVMEDIA_TYPE_AUDIO);
}

function describeNoAudio(streams: readonly Stream[]): VoiceRecorderError {
  const hasVideo = streams.some(
    (one) =>
      one.codecpar.codecType === AVMEDIA_TYPE_VIDEO && (one.disposition & AV_DISPOSITION_ATTACHED_PIC) === 0,
  );
  return hasVideo
    ? new VoiceRecorderError(
        'not-audio-video-only',
        'The file holds video without any sound: expected audio.',
      )
    : new VoiceRecorderError('audio-no-samples', 'The container holds no audio stream.');
}
