import { counted } from '../model/format.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording, RecordingPage, RecordingQuery } from '../model/recording.ts';
import type { Cleaner } from './cleaner.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PAGE = 500;

/** What lies in the trash for longer than the retention says. */
export function trashCleaner(desk: {
  list(query: RecordingQuery): Promise<RecordingPage>;
  find(id: RecordingId): Promise<Pick<Recording, 'status' | 'version'> | undefined>;
  purge(
    id: RecordingId,
    options: { readonly expectedVersion: number },
  ): Promise<{ readonly freedBytes: number }>;
  nowMs(): number;
  readonly retentionDays: number;
}): Cleaner {
  return {
    kind: 'trash',
    risk: 'final',
    describe: (count) =>
      `${counted(count, 'recording')} in the trash for more than ${desk.retentionDays} days. They are removed for good.`,
    async *find() {
      const dueMs = desk.nowMs() - desk.retentionDays * DAY_MS;
      let cursor: string | null = null;
      do {
        const page: RecordingPage = await desk.list({
          isTrashed: true,
          order: 'oldest',
          limit: PAGE,
          ...(cursor === null ? {} : { cursor }),
        });
        for (const { id, title, filesizeBytes, trashedAt } of page.items) {
          if (trashedAt !== null && Date.parse(trashedAt) < dueMs)
            yield { name: title, bytes: filesizeBytes, id };
        }
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    remove: async (item) => {
      const id = item.id ?? '';
      const found = await desk.find(id);
      // Somebody took it out of the trash since it was found there.
      if (found?.status !== 'trashed') return 0;
      return (await desk.purge(id, { expectedVersion: found.version })).freedBytes;
    },
  };
}
