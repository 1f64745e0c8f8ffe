import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { openFileHasher } from './blobs/file-checksum.ts';
import { admit } from './ingest/admit.ts';
import { wishFor } from './ingest/import-file.ts';
import { newRecording } from './ingest/new-recording.ts';
import { openMedia } from './media/open-media.ts';
import { withRemark } from './model/audio-measurement.ts';
import { systemClock, toIsoUtc } from './model/clock.ts';
import { VoiceRecorderError } from './model/failure.ts';
import type { Recording } from './model/recording.ts';

/** The part of a recording's metadata that the file itself tells, under the same names. */
export type ProbedFile = Pick<
  Recording,
  | 'title'
  | 'filename'
  | 'filesizeBytes'
  | 'checksum'
  | 'audioChecksum'
  | 'audioChecksumMethod'
  | 'mimeType'
  | 'container'
  | 'codec'
  | 'duration'
  | 'sampleRateHz'
  | 'channels'
  | 'bitDepth'
  | 'bitRateBps'
  | 'isPlayable'
  | 'embedded'
  | 'loudness'
  | 'silenceShare'
  | 'warnings'
  | 'recordedAt'
  | 'recordedAtSource'
  | 'recordedAtZone'
>;

/** How much of a file is looked at. */
export interface ProbeOptions {
  readonly signal?: AbortSignal;
  /**
   * True: all of the audio is decoded for `audioChecksum`, `loudness` and `silenceShare`, which are null otherwise. One
   * hour takes from half a minute to a minute.
   */
  readonly isMeasured?: boolean;
}

/** Describes audio files by their content, without a store; one media child serves them all. */
export interface Prober {
  /**
   * Rejects with `file-missing`, `file-not-regular`, `file-unreadable`, `file-changed-while-reading`, `interrupted`, or
   * a `not-audio-…`, `audio-…` or `media-…` code.
   */
  probe(path: string, options?: ProbeOptions): Promise<ProbedFile>;
  close(): Promise<void>;
}

/** Nothing starts before the first file, and what is started does not keep the program alive. */
export function openProber(): Prober {
  const anySize = { dataDir: '', maxFileBytes: null, usableBytes: async () => Number.POSITIVE_INFINITY };
  const media = openMedia();
  const hasher = openFileHasher({ workerCount: 1 });
  return {
    async probe(path, { signal, isMeasured = false } = {}) {
      const source = await admit(anySize, path, { isMove: false });
      const real = await realpath(path);
      const [facts, { checksum, sizeBytes }, measured] = await Promise.all([
        media.probe(real, basename(path), signal),
        hasher.hashFile(real, signal).catch((cause: unknown) => asOurs(path, cause)),
        isMeasured ? media.measure(real, signal === undefined ? {} : { signal }) : undefined,
      ]);
      if (sizeBytes !== source.sizeBytes) {
        throw new VoiceRecorderError(
          'file-changed-while-reading',
          `${path} changed while it was read: it had ${source.sizeBytes} bytes, and then ${sizeBytes}.`,
        );
      }
      const createdAt = toIsoUtc(systemClock.nowMs());
      const spooled = { id: '', path: real, sizeBytes, checksum, createdAt, wish: wishFor(source, {}) };
      const recording = newRecording(spooled, facts);
      const warnings = withRemark(recording.warnings, measured?.remark ?? null);
      return tellingFields({ ...recording, ...measured, warnings });
    },
    close: async () => {
      await Promise.all([media.close(), hasher.close()]);
    },
  };
}

/** One file alone; same rejections as {@link Prober.probe}. */
export async function probeFile(path: string, options?: ProbeOptions): Promise<ProbedFile> {
  const prober = openProber();
  try {
    return await prober.probe(path, options);
  } finally {
    await prober.close();
  }
}

/** Leaves out what only a recording of a store has. */
function tellingFields(recording: Recording): ProbedFile {
  const { title, filename, filesizeBytes, checksum, audioChecksum, audioChecksumMethod } = recording;
  const { mimeType, container, codec, duration, sampleRateHz, channels, bitDepth, bitRateBps } = recording;
  const { isPlayable, embedded, loudness, silenceShare, warnings } = recording;
  const { recordedAt, recordedAtSource, recordedAtZone } = recording;
  return {
    title,
    filename,
    filesizeBytes,
    checksum,
    audioChecksum,
    audioChecksumMethod,
    mimeType,
    container,
    codec,
    duration,
    sampleRateHz,
    channels,
    bitDepth,
    bitRateBps,
    isPlayable,
    embedded,
    loudness,
    silenceShare,
    warnings,
    recordedAt,
    recordedAtSource,
    recordedAtZone,
  };
}

function asOurs(path: string, cause: unknown): never {
  if (cause instanceof VoiceRecorderError) throw cause;
  throw new VoiceRecorderError('file-unreadable', `${path} could not be read to its end.`, { cause });
}
