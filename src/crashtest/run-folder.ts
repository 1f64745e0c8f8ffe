import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import { formatBytes } from '../model/format.ts';

/** Everything a run makes lies in one new folder, which it removes again. */
export interface RunFolder {
  readonly path: string;
  /** Audio that may be acknowledged, so that the folder stays within {@link MOST_BYTES}. */
  readonly mostAudioBytes: number;
  remove(): Promise<void>;
}

/** What a run takes of the disk at most: originals, the copies they are made from, renditions and its reserve. */
const MOST_BYTES = 2_000_000_000;
const LEAST_BYTES = 400_000_000;
/** Of what the folder takes, the part that is acknowledged audio. */
const AUDIO_SHARE = 0.4;
/** What the server leaves free on every disk, and some room for others. */
export const KEEP_FREE_MB = 500;
const FOR_OTHERS_BYTES = 100_000_000;

/** Makes the folder in `parent`. Rejects with `disk-full` when its disk has too little room for a run. */
export async function makeRunFolder(parent: string): Promise<RunFolder> {
  const { bavail, bsize } = await statfs(parent);
  const freeBytes = bavail * bsize;
  const usableBytes = Math.min(MOST_BYTES, freeBytes - KEEP_FREE_MB * 1_000_000 - FOR_OTHERS_BYTES);
  if (usableBytes < LEAST_BYTES) {
    const neededBytes = LEAST_BYTES + KEEP_FREE_MB * 1_000_000 + FOR_OTHERS_BYTES;
    throw new VoiceRecorderError(
      'disk-full',
      `${parent} has ${formatBytes(freeBytes)} free: expected at least ${formatBytes(neededBytes)}. Name a folder of another disk with --folder.`,
      { details: { freeBytes, neededBytes } },
    );
  }
  const path = await mkdtemp(join(parent, 'vrp-crashtest-'));
  return {
    path,
    mostAudioBytes: usableBytes * AUDIO_SHARE,
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}
