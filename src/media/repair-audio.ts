import type { AudioFacts } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RepairableFault, SilencedPart } from '../model/repair.ts';
import { withAudioInput } from './audio-input.ts';
import type { MuxTarget } from './audio-output.ts';
import { findFaults } from './find-faults.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { CopyImpossible } from './join-parts.ts';
import type { RepairedMedia } from './media.ts';
import { MP4_OPTIONS, mp4Target } from './mp4-target.ts';
import { probe } from './probe.ts';
import { copyPackets } from './render-copy.ts';
import { repairFlac } from './repair-flac.ts';
import { repairMp4WithoutMovie, requireDecodable } from './repair-mp4.ts';
import { repairOgg } from './repair-ogg.ts';
import { repairWav } from './repair-wav.ts';

/** A last packet that is torn is left out; nothing else may be missing. */
const TOLERATED_SECONDS = 0.2;

/** What the same packets are written with; always the same bytes for the same packets. */
const CONTAINERS: Readonly<Record<string, MuxTarget>> = {
  webm: { muxer: 'webm', muxerOptions: { cues_to_front: '1', fflags: '+bitexact' } },
  matroska: { muxer: 'matroska', muxerOptions: { cues_to_front: '1', fflags: '+bitexact' } },
  '3gp': { muxer: '3gp', muxerOptions: MP4_OPTIONS },
  mp3: { muxer: 'mp3', muxerOptions: { fflags: '+bitexact' } },
};

/**
 * Writes what can be put right of the file at `path` to the new file `outputPath`: coded audio is copied bit by bit, tags
 * are carried over. It is on stable storage, has been read back and has none of the faults any more before this returns.
 * `likePath` is a sound recording of the same recorder, for MP4 files without an index.
 * Throws `repair-impossible` where nothing can be done, `media-failed` when it did not turn out right.
 */
export function repairAudio(
  path: string,
  outputPath: string,
  onProgress: (share: number) => void,
  likePath?: string,
): RepairedMedia {
  const faults = findFaults(path, (share) => onProgress(share * 0.3));
  if (faults.includes('mp4-no-movie')) return repairMp4(path, outputPath, onProgress, likePath);
  const before = probe(path, '', { onProgress: () => onProgress(0.3) });
  const silenced = withGuardedFile(path, (file) => {
    const share = (bytesDone: number) => onProgress(0.3 + Math.min(1, bytesDone / file.sizeBytes) * 0.4);
    return writeRepaired(file, faults, before, outputPath, share);
  });
  const left = findFaults(outputPath, (share) => onProgress(0.7 + share * 0.25));
  const after = probe(outputPath, '', { onProgress: () => onProgress(0.95) });
  const lost = (before.durationSeconds ?? 0) - (after.durationSeconds ?? 0);
  if (left.length === 0 && lost <= TOLERATED_SECONDS) return { extension: after.extension, silenced };
  throw new VoiceRecorderError(
    'media-failed',
    `The repair did not turn out right: expected ${before.durationSeconds?.toFixed(3)} s without a fault, ` +
      `found ${after.durationSeconds?.toFixed(3)} s${left.length === 0 ? '' : ` with ${left.join(', ')}`}.`,
  );
}

/** Without an index nothing can be known of the file before. */
function repairMp4(
  path: string,
  outputPath: string,
  onProgress: (share: number) => void,
  likePath: string | undefined,
): RepairedMedia {
  const sizeBytes = withGuardedFile(path, (file) => {
    const share = (bytesDone: number) => onProgress(0.3 + Math.min(1, bytesDone / file.sizeBytes) * 0.5);
    repairMp4WithoutMovie(file, outputPath, likePath, share);
    return file.sizeBytes;
  });
  requireDecodable(outputPath, (bytesDone) => onProgress(0.8 + Math.min(1, bytesDone / sizeBytes) * 0.15));
  const { extension } = probe(outputPath, '', { onProgress: () => onProgress(0.95) });
  return { extension, silenced: [] };
}

function writeRepaired(
  file: GuardedFile,
  faults: readonly RepairableFault[],
  facts: AudioFacts,
  outputPath: string,
  share: (bytesDone: number) => void,
): readonly SilencedPart[] {
  const [fault] = faults;
  if (fault === undefined) throw impossible('The file has no fault that could be repaired.');
  if (fault.startsWith('flac-')) return repairFlacOrRefuse(file, outputPath, share);
  if (fault.startsWith('wav-')) repairWav(file, outputPath, share);
  else if (fault === 'ogg-cut') repairOgg(file, outputPath, share);
  else copyInto(file, facts, outputPath, share);
  return [];
}

function repairFlacOrRefuse(
  file: GuardedFile,
  outputPath: string,
  share: (bytesDone: number) => void,
): readonly SilencedPart[] {
  try {
    return repairFlac(file, outputPath, share);
  } catch (cause) {
    if (!(cause instanceof CopyImpossible)) throw cause;
    throw impossible(`The FLAC file cannot be repaired. ${cause.message}`, cause);
  }
}

function copyInto(
  file: GuardedFile,
  { container, codec }: AudioFacts,
  outputPath: string,
  share: (bytesDone: number) => void,
): void {
  const target = container === 'mp4' ? mp4Target(codec) : CONTAINERS[container];
  if (target === undefined) throw impossible(`Nothing is known here to repair ${container} files with.`);
  withAudioInput(file, (input) => {
    const tags = { container: input.context.metadata, stream: input.stream.metadata };
    copyPackets(input, target, outputPath, share, tags);
  });
}

function impossible(message: string, cause?: unknown): VoiceRecorderError {
  return new VoiceRecorderError('repair-impossible', message, { cause });
}
