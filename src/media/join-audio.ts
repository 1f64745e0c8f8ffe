import { rmSync } from 'node:fs';
import type { AudioFacts } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { encodePlan, type JoinPlan, planJoin } from '../model/join-plan.ts';
import { joinByEncoding } from './join-encode.ts';
import { joinFlac } from './join-flac.ts';
import { joinOpus } from './join-opus.ts';
import { CopyImpossible, type JoinedParts, type JoinProgress } from './join-parts.ts';
import { joinWav } from './join-wav.ts';
import type { JoinedMedia } from './media.ts';
import { probe } from './probe.ts';

/** Probes count lossy audio to a frame; lossless audio must come out to the sample. */
const TOLERATED_SECONDS = 0.03;

/**
 * Puts two or more segments together in the new file `outputPath`: by copying coded audio where they are alike, else
 * by decoding them and encoding to FLAC. It is on stable storage, and has been read back, before this returns.
 */
export function joinAudio(
  paths: readonly string[],
  outputPath: string,
  onProgress: (share: number) => void,
): JoinedMedia {
  const facts = paths.map((path) => probe(path, '', { onProgress: () => onProgress(0) }));
  const plan = planJoin(facts, '');
  if (plan === undefined || plan.kind === 'original') {
    throw new VoiceRecorderError(
      'media-failed',
      'These segments cannot be put together: expected two or more with at most 8 channels.',
    );
  }
  const totalSeconds = facts.reduce((sum, one) => sum + (one.durationSeconds ?? 0), 0);
  const totalBytes = facts.reduce((sum, one) => sum + sizeOf(one), 0);
  const share: JoinProgress = (bytes) =>
    onProgress(totalBytes > 0 ? Math.min(bytes / totalBytes, 1) * 0.95 : 0);
  const made = makeJoined({ paths, facts, plan, outputPath, share });
  return { ...made, isPlayable: checkJoined(outputPath, made, totalSeconds) };
}

interface JoinTask {
  readonly paths: readonly string[];
  readonly facts: readonly AudioFacts[];
  readonly plan: JoinPlan;
  readonly outputPath: string;
  readonly share: JoinProgress;
}

function makeJoined(task: JoinTask): JoinedParts & { readonly plan: JoinPlan } {
  const { paths, facts, plan, outputPath, share } = task;
  if (plan.kind === 'copy') {
    const copy = { opus: joinOpus, flac: joinFlac }[plan.codec] ?? joinWav;
    try {
      return { ...copy(paths, outputPath, share), plan };
    } catch (error) {
      if (!(error instanceof CopyImpossible)) throw error;
      rmSync(outputPath, { force: true });
    }
  }
  const target = {
    sampleRateHz: Math.max(...facts.map((one) => one.sampleRateHz)),
    channels: Math.max(...facts.map((one) => one.channels)),
    isWide: facts.some((one) => one.bitDepth === null || one.bitDepth > 16),
  };
  const parts = paths.map((path, index) => ({ path, container: facts[index]?.container ?? '' }));
  return { ...joinByEncoding(parts, target, outputPath, share), plan: encodePlan() };
}

/** Rejects a joined file that does not hold what went in; answers whether browsers play it as it is. */
function checkJoined(
  outputPath: string,
  made: JoinedParts & { readonly plan: JoinPlan },
  totalSeconds: number,
): boolean {
  const found = probe(outputPath, `joined.${made.plan.extension}`);
  const foundSeconds = found.durationSeconds ?? 0;
  const isWhole =
    Math.abs(foundSeconds - made.durationSeconds) <= TOLERATED_SECONDS &&
    made.durationSeconds >= totalSeconds - TOLERATED_SECONDS * made.startsSeconds.length;
  if (found.codec === made.plan.codec && isWhole) return found.isPlayable;
  throw new VoiceRecorderError(
    'media-failed',
    `The joined file did not turn out right: expected ${totalSeconds.toFixed(3)} s of ${made.plan.codec}, ` +
      `found ${foundSeconds.toFixed(3)} s of ${found.codec}.`,
  );
}

/** Bytes of the audio as far as the facts tell; only for telling how far the work is. */
function sizeOf({ bitRateBps, durationSeconds }: AudioFacts): number {
  return ((bitRateBps ?? 0) / 8) * (durationSeconds ?? 0);
}
