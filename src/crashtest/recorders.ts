import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from './http-client.ts';
import { type Ledger, newSending } from './ledger.ts';
import { type AudioRecipe, makeAudio, makeAudioParts } from './made-audio.ts';
import { wholeNumber } from './seeded-random.ts';
import { sendUpload } from './upload-client.ts';

/** What every client of a run has in hand. */
export interface ClientDesk {
  readonly client: HttpClient;
  readonly ledger: Ledger;
  readonly random: () => number;
  /** Aborted when the time is over: what was begun is finished, nothing new is begun. */
  readonly ending: AbortSignal;
  readonly giveUp: AbortSignal;
  /** False while the run holds as much as it may. */
  mayAdd(): boolean;
}

const IDLE_MS = 200;
const HIGHEST_SEED = 2 ** 31;

/** Records take after take, in real time and in small pieces, as the page does. */
export async function recordTakes(desk: ClientDesk): Promise<void> {
  while (!desk.ending.aborted) {
    if (desk.mayAdd()) await recordTake(desk, takeRecipe(desk.random));
    else await pause(IDLE_MS, desk.ending);
  }
}

function takeRecipe(random: () => number): AudioRecipe {
  return {
    format: random() < 0.7 ? 'flac' : 'wav',
    seed: wholeNumber(random, 1, HIGHEST_SEED),
    seconds: 1.5 + random() ** 2 * 20,
    sampleRateHz: random() < 0.5 ? 16_000 : 48_000,
  };
}

async function recordTake(desk: ClientDesk, recipe: AudioRecipe): Promise<void> {
  const parts = makeAudioParts(recipe);
  const bytes = Buffer.concat(parts);
  const startMs = performance.now();
  const bytesPerMs = bytes.length / (recipe.seconds * 1000);
  const everyMs = wholeNumber(desk.random, 150, 900);
  const endsEmpty = desk.random() < 0.5;
  await sendUpload({
    ...desk,
    bytes,
    sending: newSending('take', recipe, bytes),
    hasChecksum: () => true,
    async nextPiece(offset) {
      // A piece without bytes of its own ends every other take.
      if (offset === bytes.length) return { end: offset, isLast: true };
      await pause(everyMs, desk.ending);
      const made = desk.ending.aborted
        ? bytes.length
        : Math.floor((performance.now() - startMs) * bytesPerMs);
      const end =
        recipe.format === 'flac'
          ? wholeParts(parts, offset, made)
          : Math.min(bytes.length, Math.max(offset + 1, made));
      return { end, isLast: end === bytes.length && !endsEmpty };
    },
  });
}

/** Uploads file after file, whose lengths are known, in pieces of which some have no checksum. */
export async function uploadFiles(desk: ClientDesk): Promise<void> {
  while (!desk.ending.aborted) {
    if (desk.mayAdd()) await uploadFile(desk);
    await pause(wholeNumber(desk.random, 100, 1200), desk.ending);
  }
}

async function uploadFile(desk: ClientDesk): Promise<void> {
  const { random } = desk;
  const recipe = fileRecipe(random);
  const bytes = makeAudio(recipe);
  const pieceBytes = wholeNumber(random, 50_000, 2_000_000);
  await sendUpload({
    ...desk,
    bytes,
    sending: newSending('file', recipe, bytes),
    hasChecksum: () => random() < 0.7,
    nextPiece: async (offset) => {
      const end = Math.min(bytes.length, offset + pieceBytes);
      return { end, isLast: end === bytes.length };
    },
  });
}

/** A file of up to some 4 MB. */
export function fileRecipe(random: () => number): AudioRecipe {
  return {
    format: random() < 0.7 ? 'wav' : 'flac',
    seed: wholeNumber(random, 1, HIGHEST_SEED),
    seconds: 0.5 + random() ** 2 * 40,
    sampleRateHz: random() < 0.3 ? 16_000 : 48_000,
  };
}

/** End of the last part that is whole after `made` bytes; at least the part at `offset`, so that it goes on. */
export function wholeParts(parts: readonly Buffer[], offset: number, made: number): number {
  let end = 0;
  for (const part of parts) {
    if (end > offset && end + part.length > made) break;
    end += part.length;
  }
  return end;
}

async function pause(ms: number, ending: AbortSignal): Promise<void> {
  // Aborted means that there is nothing more to wait for.
  await sleep(ms, undefined, { signal: ending }).catch(() => undefined);
}
