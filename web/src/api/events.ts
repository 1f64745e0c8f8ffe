import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { RecorderEvent } from '../../../src/model/recorder-event.ts';
import { HEALTH_KEYS } from './health.ts';
import { noteProgress } from './jobs.ts';
import { KEYS } from './queries.ts';

const EVENT_TYPES = [
  'recording-added',
  'recording-changed',
  'recording-purged',
  'library-changed',
  'cleanup-progress',
  'job-changed',
  'alert-changed',
] as const satisfies readonly RecorderEvent['type'][];
/** An import of a thousand files must not ask for the list a thousand times. */
const REFRESH_EVERY_MS = 1000;

/** Keeps lists and open recordings true without asking: the server tells when something changed. */
export function useLiveRefresh(isSignedIn: boolean): void {
  const queries = useQueryClient();
  useEffect(() => (isSignedIn ? follow(queries) : undefined), [queries, isSignedIn]);
}

function follow(queries: QueryClient): () => void {
  const source = new EventSource('/api/events');
  let timer: ReturnType<typeof setTimeout> | undefined;
  let jobsTimer: ReturnType<typeof setTimeout> | undefined;
  let hasBeenOpen = false;
  const refreshSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const queryKey of [KEYS.lists, KEYS.storage, KEYS.tags, KEYS.collections])
        void queries.invalidateQueries({ queryKey });
    }, REFRESH_EVERY_MS);
  };
  const refreshJobsSoon = () => {
    jobsTimer ??= setTimeout(() => {
      jobsTimer = undefined;
      void queries.invalidateQueries({ queryKey: KEYS.jobs });
    }, REFRESH_EVERY_MS);
  };
  const onEvent = (message: MessageEvent<string>) => {
    const event = JSON.parse(message.data) as RecorderEvent;
    if (event.type === 'cleanup-progress') {
      queries.setQueryData(KEYS.cleanupProgress, event);
      return;
    }
    if (event.type === 'alert-changed') {
      for (const queryKey of Object.values(HEALTH_KEYS)) void queries.invalidateQueries({ queryKey });
      return;
    }
    if (event.type === 'job-changed') {
      if (!noteProgress(queries, KEYS.jobList('running'), event)) refreshJobsSoon();
      return;
    }
    if (event.type === 'library-changed') {
      for (const queryKey of [KEYS.openRecordings, KEYS.takes, KEYS.histories])
        void queries.invalidateQueries({ queryKey });
      refreshSoon();
      return;
    }
    if (event.type === 'recording-purged') {
      queries.removeQueries({ queryKey: KEYS.recording(event.recordingId) });
      void queries.invalidateQueries({ queryKey: KEYS.takes });
      refreshSoon();
      return;
    }
    if (event.type !== 'recording-added' && event.type !== 'recording-changed') return;
    const { recording } = event;
    const key = KEYS.recording(recording.id);
    queries.setQueryData<typeof recording>(key, (known) =>
      known && known.version > recording.version ? known : recording,
    );
    void queries.invalidateQueries({ queryKey: KEYS.history(recording.id) });
    // A further segment, or a change to one, changes the take.
    if (recording.takeId !== null) void queries.invalidateQueries({ queryKey: KEYS.take(recording.takeId) });
    refreshSoon();
  };
  for (const type of EVENT_TYPES) source.addEventListener(type, onEvent);
  source.addEventListener('message', onEvent);
  source.addEventListener('open', () => {
    // What happened while the line was down was not told.
    if (hasBeenOpen) {
      refreshSoon();
      refreshJobsSoon();
    }
    hasBeenOpen = true;
  });
  return () => {
    clearTimeout(timer);
    clearTimeout(jobsTimer);
    source.close();
  };
}
