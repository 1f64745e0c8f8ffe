import type { CleanupItem } from '../model/cleanup.ts';
import { counted } from '../model/format.ts';
import type { RecordingId } from '../model/id.ts';
import type { Cleaner } from './cleaner.ts';

/** Files that hold the same audio as an older one, though not the same bytes. They go to the trash, not away. */
export function duplicateCleaner(desk: {
  sameAudio(): Promise<readonly CleanupItem[]>;
  trash(id: RecordingId): Promise<unknown>;
}): Cleaner {
  return {
    kind: 'duplicates',
    risk: 'review',
    describe: (count) =>
      `${counted(count, 'imported file')} with exactly the same audio as an older one, but other tags or another ` +
      'wrapping. They are put into the trash, and free their space when they are purged from there.',
    async *find() {
      yield* await desk.sameAudio();
    },
    remove: async ({ id }) => {
      await desk.trash(id ?? '');
      return 0;
    },
  };
}
