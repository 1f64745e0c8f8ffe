import { describe, expect, it } from 'vitest';
import { secondsLeft } from './job.ts';

const running = {
  state: 'running',
  progress: 0.25,
  startedAt: '2026-11-23T10:00:00.000Z',
  modifiedAt: '2026-11-23T10:00:30.000Z',
} as const;

describe('the time a job still takes', () => {
  it('follows from its share and the time so far', () => {
    expect(secondsLeft(running)).toBe(90);
    expect(secondsLeft({ ...running, progress: 1 })).toBe(0);
  });

  it('is not told where it cannot be known', () => {
    expect(secondsLeft({ ...running, progress: 0 })).toBeNull();
    expect(secondsLeft({ ...running, state: 'queued' })).toBeNull();
    expect(secondsLeft({ ...running, startedAt: null })).toBeNull();
    // The database's clock was set back meanwhile.
    expect(secondsLeft({ ...running, modifiedAt: '2026-11-23T09:00:00.000Z' })).toBeNull();
  });
});
