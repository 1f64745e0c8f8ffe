import { VoiceRecorderError } from '../model/failure.ts';
import { withAudioInput } from './audio-input.ts';
import { ByteReader } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { withGuardedFile } from './guarded-file.ts';
import { withSamples } from './pcm-input.ts';
import { probe } from './probe.ts';
import { copyPackets } from './render-copy.ts';
import { encodeAudio } from './render-encode.ts';
import { planRendition, type RenditionPlan } from './rendition-plan.ts';

/** A rendition may be this much shorter or longer than what went in: frames of codecs, rounding of rates. */
const TOLERATED_SECONDS = 0.2;

/**
 * Writes a rendition of `path` that every browser plays and seeks to the new file `outputPath`. It is on stable
 * storage, and has been read back, before this returns.
 */
export function renderPlayable(
  path: string,
  outputPath: string,
  onProgress: (share: number) => void,
): { mimeType: string } {
  const facts = probe(path, path, { onProgress: () => onProgress(0) });
  const plan = planRendition(facts);
  const seconds = withGuardedFile(path, (file) =>
    renderFile(file, plan, facts.container, outputPath, onProgress),
  );
  checkRendition(outputPath, plan, seconds);
  return { mimeType: plan.mimeType };
}

function renderFile(
  file: GuardedFile,
  plan: RenditionPlan,
  container: string,
  outputPath: string,
  onProgress: (share: number) => void,
): number {
  const share = (bytesDone: number) => onProgress((bytesDone / file.sizeBytes) * 0.95);
  if (plan.kind === 'copy') {
    return withAudioInput(file, (input) => copyPackets(input, plan, outputPath, share));
  }
  const reader = new ByteReader(file.descriptor, file.sizeBytes);
  return withSamples(file, reader, container, (input, options) =>
    encodeAudio(input, plan, outputPath, { ...options, onProgress: share }),
  );
}

function checkRendition(outputPath: string, plan: RenditionPlan, seconds: number): void {
  const made = probe(outputPath, `rendition.${plan.extension}`);
  const difference = Math.abs((made.durationSeconds ?? 0) - seconds);
  if (made.isPlayable && made.mimeType === plan.mimeType && difference <= TOLERATED_SECONDS) return;
  throw new VoiceRecorderError(
    'media-failed',
    `The rendition did not turn out right: expected ${seconds.toFixed(3)} s of ${plan.mimeType}, ` +
      `found ${made.durationSeconds?.toFixed(3)} s of ${made.mimeType}.`,
  );
}
