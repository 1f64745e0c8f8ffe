import { keepPreviousData, type QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { RecorderEvent } from '../../../src/model/recorder-event.ts';
import type { Recording } from '../../../src/model/recording.ts';
import type { Take } from '../../../src/model/take.ts';
import { ApiError } from './http.ts';
import { fetchJobs, type JobSection } from './jobs.ts';
import {
  fetchPeaks,
  fetchRecording,
  fetchRecordingPage,
  fetchTags,
  type RecordingFilter,
} from './recordings.ts';
import { fetchSession } from './session.ts';
import { fetchStorage, fetchStorageOverview, fetchVerification } from './storage.ts';
import { fetchTake, fetchTakePeaks } from './takes.ts';

/** The pages' view of the server: which question is kept under which key. */
export const KEYS = {
  session: ['session'],
  stores: ['stores'],
  storage: ['storage'],
  overview: ['storage-overview'],
  verification: ['verification'],
  cleanupProgress: ['cleanup-progress'],
  jobs: ['jobs'],
  jobList: (section: JobSection) => ['jobs', section],
  tags: ['tags'],
  collections: ['collections'],
  histories: ['history'],
  history: (id: string) => ['history', id],
  lists: ['recordings'],
  list: (filter: RecordingFilter) => ['recordings', filter],
  openRecordings: ['recording'],
  recording: (id: string) => ['recording', id],
  peaks: (id: string) => ['peaks', id],
  takes: ['take'],
  take: (takeId: string) => ['take', takeId],
  takePeaks: (takeId: string, segmentIds: readonly string[]) => ['take-peaks', takeId, segmentIds],
} as const;

type CleanupProgress = Extract<RecorderEvent, { type: 'cleanup-progress' }>;

const SIGNED_OUT_LOOK_MS = 10_000;

export function useSession() {
  return useQuery({
    queryKey: KEYS.session,
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: Number.POSITIVE_INFINITY,
    // Signed in again in another tab, or by a link: this page notices by itself.
    refetchInterval: ({ state }) => (state.data === null ? SIGNED_OUT_LOOK_MS : false),
  });
}

export function useStorageReport() {
  return useQuery({
    queryKey: KEYS.storage,
    queryFn: ({ signal }) => fetchStorage(signal),
    staleTime: 30_000,
  });
}

/** Counted anew by the server, which takes a moment in a large store. */
export function useStorageOverview() {
  return useQuery({
    queryKey: KEYS.overview,
    queryFn: ({ signal }) => fetchStorageOverview(signal),
    staleTime: 10_000,
  });
}

export function useVerification() {
  return useQuery({
    queryKey: KEYS.verification,
    queryFn: ({ signal }) => fetchVerification(signal),
    staleTime: 30_000,
  });
}

/** How far the cleaning up under way has come, as the server tells it. */
export function useCleanupProgress() {
  return useQuery<CleanupProgress | null>({
    queryKey: KEYS.cleanupProgress,
    queryFn: () => null,
    enabled: false,
  }).data;
}

/** Kept true by what the server tells; whoever opens the drawer has them asked for anew. */
export function useJobs(section: JobSection) {
  return useQuery({
    queryKey: KEYS.jobList(section),
    queryFn: ({ signal }) => fetchJobs(section, signal),
    staleTime: 5_000,
  });
}

export function useTags() {
  return useQuery({
    queryKey: KEYS.tags,
    queryFn: async ({ signal }) => (await fetchTags(signal)).items,
    staleTime: 30_000,
  });
}

/** Pages of a list; while a new search loads the old list stays. */
export function useRecordings(filter: RecordingFilter) {
  return useInfiniteQuery({
    queryKey: KEYS.list(filter),
    queryFn: ({ pageParam, signal }) => fetchRecordingPage(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });
}

export function useRecording(id: string) {
  return useQuery({ queryKey: KEYS.recording(id), queryFn: ({ signal }) => fetchRecording(id, signal) });
}

/** Peaks never change: the original is immutable. They may take a moment to be made the first time. */
export function usePeaks(id: string) {
  return useQuery({
    queryKey: KEYS.peaks(id),
    queryFn: ({ signal }) => fetchPeaks(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Asked only where there is a take to ask for. */
export function useTake(takeId: string | null) {
  return useQuery({
    queryKey: KEYS.take(takeId ?? ''),
    queryFn: ({ signal }) => fetchTake(takeId ?? '', signal),
    enabled: takeId !== null,
  });
}

/** Peaks of the joined audio: those of the same segments never change. */
export function useTakePeaks({ takeId, segments }: Take) {
  const segmentIds = segments.map(({ id }) => id);
  return useQuery({
    queryKey: KEYS.takePeaks(takeId, segmentIds),
    queryFn: ({ signal }) => fetchTakePeaks(takeId, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Puts a take the server just answered with, and its segments, where pages look for them. */
export function rememberTake(queries: QueryClient, take: Take): void {
  queries.setQueryData<Take>(KEYS.take(take.takeId), take);
  for (const segment of take.segments) rememberRecording(queries, segment);
}

/** Puts a recording the server just answered with where pages look for it, and has the lists asked again. */
export function rememberRecording(queries: QueryClient, recording: Recording): void {
  queries.setQueryData<Recording>(KEYS.recording(recording.id), (known) =>
    known && known.version > recording.version ? known : recording,
  );
  void queries.invalidateQueries({ queryKey: KEYS.lists });
  void queries.invalidateQueries({ queryKey: KEYS.history(recording.id) });
}

/** Network faults and busy servers are asked again, refusals are not. */
export function shouldRetry(failureCount: number, error: unknown): boolean {
  const isPassing = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
  return isPassing && failureCount < 3;
}
