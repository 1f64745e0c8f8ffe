import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import { findRecording } from './find-recording.ts';
import { everyRecordingHere, type LibraryView } from './library-door.ts';

export interface VerifyPlan {
  /** In the order they are to be checked. Only what is needed: a library may hold a million. */
  readonly items: readonly { readonly id: string; readonly sizeBytes: number }[];
  readonly totalBytes: number;
}

export interface VerifyWish {
  /** Ids or parts of them; all recordings when there are none. */
  readonly words: readonly string[];
  /** Of all recordings, from 0 to 1: those whose last check is the longest ago. */
  readonly share?: number;
  /** Only those that were not checked since; ISO 8601 UTC. */
  readonly before?: string;
}

/**
 * Which recordings are to be read again; those never checked come first, then the longest ago. A check that is dated
 * later than `now` (ISO 8601 UTC) was made before the clock was set back, and counts as none.
 */
export async function planVerification(
  view: LibraryView,
  wish: VerifyWish,
  now: string,
): Promise<VerifyPlan> {
  if (wish.words.length > 0) return await planNamed(view, wish.words);
  const all: { id: string; sizeBytes: number; lastVerifiedAt: string }[] = [];
  for (const isTrashed of [false, true]) {
    for await (const { id, filesizeBytes, lastVerifiedAt } of everyRecordingHere(view, isTrashed)) {
      const isKnown = lastVerifiedAt !== null && lastVerifiedAt <= now;
      all.push({ id, sizeBytes: filesizeBytes, lastVerifiedAt: isKnown ? lastVerifiedAt : '' });
    }
  }
  all.sort((a, b) => compare(a.lastVerifiedAt, b.lastVerifiedAt) || compare(a.id, b.id));
  // At least one, so that a small library rotates as well.
  const sampled = wish.share === undefined ? all : all.slice(0, Math.ceil(all.length * wish.share));
  const { before } = wish;
  return planOf(before === undefined ? sampled : sampled.filter((one) => one.lastVerifiedAt < before));
}

/** `5%`, `0.5%`. Rejects with `usage`. */
export function readShare(text: string): number {
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1];
  const share = Number(percent) / 100;
  if (share > 0 && share <= 1) return share;
  throw new VoiceRecorderError(
    'usage',
    `--sample ${text}: expected a percentage above 0 and up to 100, like 5%.`,
  );
}

/** A date or time, as ISO 8601 UTC. Rejects with `usage`. */
export function readTime(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  throw new VoiceRecorderError(
    'usage',
    `--before ${text}: expected a date or time like 2026-11-23 or 2026-11-23T06:00:00Z.`,
  );
}

async function planNamed(view: LibraryView, words: readonly string[]): Promise<VerifyPlan> {
  const named = new Map<string, Recording>();
  for (const word of words) {
    const recording = await findRecording(view, word);
    named.set(recording.id, recording);
  }
  return planOf([...named.values()].map(({ id, filesizeBytes }) => ({ id, sizeBytes: filesizeBytes })));
}

function planOf(items: VerifyPlan['items']): VerifyPlan {
  return { items, totalBytes: items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
