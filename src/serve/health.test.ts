import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import type { HealthReport, HealthTrend } from '../model/health.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder();
});
afterAll(() => served.close());

describe('GET /api/health', () => {
  it('tells every check, and asks anew when that is wanted', async () => {
    const answer = await served.ask('/api/health');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const report = (await answer.json()) as HealthReport;
    expect(report).toMatchObject({
      status: 'healthy',
      checks: [{ name: 'memory-store', status: 'pass', severity: 'critical', value: null, remedy: null }],
    });
    served.recorder.isHealthy = false;
    try {
      const last = (await (await served.ask('/api/health')).json()) as HealthReport;
      expect(last.status).toBe('healthy');
      const fresh = (await (await served.ask('/api/health?fresh=true')).json()) as HealthReport;
      expect(fresh).toMatchObject({
        status: 'failing',
        checks: [{ status: 'fail', remedy: 'Set isHealthy.' }],
      });
    } finally {
      served.recorder.isHealthy = true;
    }
  });

  it('tells how a check was, and refuses names and spans that are none', async () => {
    await served.recorder.health.report({ isFresh: true });
    const answer = await served.ask('/api/health/history?check=memory-store&days=1');
    expect(answer.status).toBe(200);
    const trend = (await answer.json()) as HealthTrend;
    expect(trend).toMatchObject({ name: 'memory-store', perDay: null });
    const unknown = await served.ask('/api/health/history?check=no-such-check');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ code: 'check-unknown' });
    for (const query of ['', '?check=', '?check=memory-store&days=0', '?check=memory-store&days=1000'])
      expect((await served.ask(`/api/health/history${query}`)).status).toBe(400);
  });
});
