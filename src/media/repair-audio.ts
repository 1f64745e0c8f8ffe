import { VoiceRecorderError } from '../model/failure.ts';
import type { RepairableFault } from '../model/repair.ts';
import { withAudioInput } from './audio-input.ts';
import { findFaults } from './find-faults.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { joinFlac } from './join-flac.ts';
import { CopyImpossible } from './join-parts.ts';
import { probe } from './probe.ts';
import { copyPackets } from './render-copy.ts';
import { repairOgg } from './repair-ogg.ts';
import { repairWav } from './repair-wav.ts';

/** A last packet that is torn is left out; nothing else may be missing. */
const TOLERATED_SECONDS = 0.2;

/** What the same packets are written with; always the same bytes for the same packets. */
const CONTAINERS: Readonly<
  Record<string, { muxer: string; muxerOptions: Readonly<Record<string, string>> }>
> = {
  webm: { muxer: 'webm', muxerOptions: { cues_to_front: '1', fflags: '+bitexact' } },
  matroska: { muxer: 'matroska', muxerOptions: { cues_to_front: '1', fflags: '+bitexact' } },
  mp4: { muxer: 'ipod', muxerOptions: { movflags: '+faststart', fflags: '+bitexact' } },
  '3gp': { muxer: '3gp', muxerOptions: { movflags: '+faststart', fflags: '+bitexact' } },
  mp3: { muxer: 'mp3', muxerOptions: { fflags: '+bitexact' } },
};

/**
 * Writes what can be put right of the file at `path` to the new file `outputPath`: coded audio is copied bit by bit.
 * It is on stable storage, has been read back and has none of the faults any more before this returns.
 * Throws `media-failed` when that cannot be had.
 */
export function repairAudio(
  path: string,
  outputPath: string,
  onProgress: (share: number) => void,
): { readonly extension: string } {
  const faults = findFaults(path);
  const before = probe(path, '', () => onProgress(0));
  withGuardedFile(path, (file) => {
    const share = (bytesDone: number) => onProgress(Math.min(1, bytesDone / file.sizeBytes) * 0.95);
    writeRepaired(file, faults, before.container, outputPath, share);
  });
  const left = findFaults(outputPath);
  const after = probe(outputPath, '', () => onProgress(0.95));
  const lost = (before.durationSeconds ?? 0) - (after.durationSeconds ?? 0);
  if (left.length === 0 && lost <= TOLERATED_SECONDS) return { extension: after.extension };
  throw new VoiceRecorderError(
    'media-failed',
    `The repair did not turn out right: expected ${before.durationSeconds?.toFixed(3)} s without a fault, ` +
      `found ${after.durationSeconds?.toFixed(3)} s${left.length === 0 ? '' : ` with ${left.join(', ')}`}.`,
  );
}

function writeRepaired(
  file: GuardedFile,
  faults: readonly RepairableFault[],
  container: string,
  outputPath: string,
  share: (bytesDone: number) => void,
): void {
  const [fault] = faults;
  if (fault === undefined) {
    throw new VoiceRecorderError('media-failed', 'The file has no fault that could be repaired.');
  }
  if (fault.startsWith('wav-')) repairWav(file, outputPath, share);
  else if (fault === 'ogg-cut') repairOgg(file, outputPath, share);
  else if (fault === 'flac-cut') repairFlac(file, outputPath, share);
  else copyInto(file, container, outputPath, share);
}

function repairFlac(file: GuardedFile, outputPath: string, share: (bytesDone: number) => void): void {
  try {
    joinFlac([file.path], outputPath, share);
  } catch (cause) {
    if (!(cause instanceof CopyImpossible)) throw cause;
    throw new VoiceRecorderError('media-failed', `The FLAC file cannot be repaired. ${cause.message}`, {
      cause,
    });
  }
}

function copyInto(
  file: GuardedFile,
  container: string,
  outputPath: string,
  share: (bytesDone: number) => void,
): void {
  const target = CONTAINERS[container];
  if (target === undefined) {
    throw new VoiceRecorderError('media-failed', `Nothing is known here to repair ${container} files with.`);
  }
  withAudioInput(file, (input) => copyPackets(input, target, outputPath, share));
}
