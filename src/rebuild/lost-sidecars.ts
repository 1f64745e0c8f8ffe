import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recording } from '../model/recording.ts';
import { sidecarKey } from '../model/sidecar.ts';
import { lookAt } from './look-at.ts';
import { inPages } from './store-walk.ts';

export interface LostSidecarsDesk {
  readonly dataDir: string;
  /** Every recording, read in pages. */
  streamAll(): AsyncIterable<Recording>;
  oweSidecars(ids: readonly string[]): Promise<void>;
  readonly signal: AbortSignal;
}

const PAGE_SIZE = 200;
// A hundred thousand recordings are looked at in some ten seconds, and nobody else waits for the disk meanwhile.
const PAUSE_MS = 10;

/**
 * Asks for the sidecars that are gone from beside their audio to be written again. Resolves to their number. A
 * recording whose audio is gone too is left alone: what happened to it is for a check of the store to say.
 */
export async function oweLostSidecars(desk: LostSidecarsDesk): Promise<number> {
  let lostCount = 0;
  for await (const page of inPages(desk.streamAll(), PAGE_SIZE)) {
    if (desk.signal.aborted) break;
    const lost = (await Promise.all(page.map((recording) => isLost(desk, recording)))).flatMap(
      (found, index) => (found ? (page[index] ?? []) : []),
    );
    await desk.oweSidecars(lost.map(({ id }) => id));
    lostCount += lost.length;
    await sleep(PAUSE_MS);
  }
  return lostCount;
}

async function isLost(
  { dataDir }: LostSidecarsDesk,
  { status, storedFilename }: Recording,
): Promise<boolean> {
  if (status === 'placing') return false;
  if ((await lookAt(join(dataDir, sidecarKey(storedFilename)))) !== undefined) return false;
  return (await lookAt(join(dataDir, storedFilename))) !== undefined;
}
