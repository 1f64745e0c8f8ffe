import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { JobPage } from '../../../src/model/job.ts';
import { noteProgress } from './jobs.ts';

const key = ['jobs', 'running'];
const event = {
  type: 'job-changed',
  jobId: 'a',
  kind: 'patrol',
  state: 'running',
  progress: 0.5,
  changedAt: '2026-11-23T12:00:00.000Z',
} as const;

describe('progress that the server tells', () => {
  it('moves a job that is shown, without asking for the list', () => {
    const queries = new QueryClient();
    const items = [
      { id: 'a', progress: 0.1 },
      { id: 'b', progress: 0.2 },
    ];
    queries.setQueryData(key, { items, counts: {} });
    expect(noteProgress(queries, key, event)).toBe(true);
    expect(queries.getQueryData<JobPage>(key)?.items).toEqual([
      { id: 'a', progress: 0.5, modifiedAt: event.changedAt },
      { id: 'b', progress: 0.2 },
    ]);
  });

  it('has the list asked for when a job begins or ends', () => {
    const queries = new QueryClient();
    expect(noteProgress(queries, key, event)).toBe(false);
    queries.setQueryData(key, { items: [{ id: 'a', progress: 0.1 }], counts: {} });
    expect(noteProgress(queries, key, { ...event, state: 'done' })).toBe(false);
    expect(noteProgress(queries, key, { ...event, jobId: 'c' })).toBe(false);
  });
});
