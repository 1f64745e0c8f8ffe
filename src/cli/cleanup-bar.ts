import type { CleanupKind, CleanupProgress, Recommendation } from '../model/cleanup.ts';
import { openFileBar } from './file-bar.ts';
import { openImportBar } from './import-bar.ts';

/** A bar over all that goes: over its bytes, or over its number where nothing is freed. */
export interface CleanupBar {
  update(progress: CleanupProgress): void;
  stop(): void;
}

export async function openCleanupBar(going: readonly Recommendation[]): Promise<CleanupBar> {
  const totalBytes = going.reduce((sum, { freesBytes }) => sum + freesBytes, 0);
  const count = going.reduce((sum, one) => sum + one.count, 0);
  const latest = new Map<CleanupKind, CleanupProgress>();
  const sumOf = (field: 'doneCount' | 'freedBytes') =>
    [...latest.values()].reduce((sum, progress) => sum + progress[field], 0);
  if (totalBytes === 0) {
    const bar = await openFileBar();
    return {
      update: (progress) => {
        latest.set(progress.kind, progress);
        bar.update(sumOf('doneCount'), count);
      },
      stop: () => bar.stop(),
    };
  }
  const bar = await openImportBar(totalBytes, count);
  return {
    update: (progress) => {
      const doneBefore = sumOf('doneCount');
      latest.set(progress.kind, progress);
      bar.countFile(sumOf('doneCount') - doneBefore);
      bar.update(sumOf('freedBytes'));
    },
    stop: () => bar.stop(),
  };
}
