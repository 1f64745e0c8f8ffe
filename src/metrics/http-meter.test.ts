import { describe, expect, it } from 'vitest';
import { HttpMeter } from './http-meter.ts';

const request = { method: 'GET', route: '/api/tags', status: 200, isAborted: false, durationSeconds: 0.02 };

describe('requests', () => {
  it('are counted by route, method and class of status', () => {
    const meter = new HttpMeter();
    for (let n = 0; n < 5; n++) meter.begin();
    meter.end(request);
    meter.end({ ...request, durationSeconds: 400 });
    meter.end({ ...request, status: 404 });
    meter.end({ ...request, isAborted: true });
    expect(meter.inFlight).toBe(1);
    const counted = meter.durations().map(({ labels, durations }) => [labels['status'], durations.counts]);
    expect(Object.fromEntries(counted)).toEqual({
      '2xx': [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      '4xx': [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      aborted: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    });
  });

  it('of a stranger make no series of his own', () => {
    const meter = new HttpMeter();
    for (const method of ['BREW', 'PROPFIND', 'LOCK']) meter.end({ ...request, method, route: undefined });
    expect(meter.durations().map(({ labels }) => labels)).toEqual([
      { method: 'other', route: 'none', status: '2xx' },
    ]);
  });
});
