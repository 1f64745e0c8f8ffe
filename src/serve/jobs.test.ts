import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import type { JobPage, ShownJob } from '../model/job.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder();
  const { jobs } = served.recorder;
  jobs.add({ id: 'waiting', title: 'Harbour' });
  jobs.add({ id: 'running', kind: 'measure', state: 'running', progress: 0.5 });
  const error = { code: 'media-failed', message: 'It cannot be decoded.' };
  jobs.add({ id: 'failed', state: 'dead', error, modifiedAt: '2026-11-23T08:00:00.000Z' });
});
afterAll(() => served.close());

const list = async (search = '') => (await (await served.ask(`/api/jobs${search}`)).json()) as JobPage;
const idsOf = ({ items }: JobPage) => items.map(({ id }) => id);

describe('GET /api/jobs', () => {
  it('lists jobs with the title of what they are about, and counts them', async () => {
    const page = await list();
    expect(page.counts).toEqual({ queued: 1, running: 1, dead: 1 });
    expect(page.items[0]).toMatchObject({ id: 'waiting', title: 'Harbour', priority: 'normal' });
  });

  it('chooses by state, kind and time', async () => {
    expect(idsOf(await list('?state=running'))).toEqual(['running']);
    expect(idsOf(await list('?kind=peaks&limit=1'))).toEqual(['waiting']);
    expect(idsOf(await list('?since=2026-11-23T00:00:00Z'))).toEqual(['failed']);
  });

  it('refuses what it does not know', async () => {
    for (const search of ['state=asleep', 'limit=0', 'limit=501', 'since=yesterday', 'order=oldest']) {
      const answer = await served.ask(`/api/jobs?${search}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'invalid-input' });
    }
  });
});

describe('one job', () => {
  const post = (path: string, token?: string) =>
    served.ask(path, { method: 'POST', ...(token === undefined ? {} : { token }) });

  it('is shown, tried again and cancelled', async () => {
    expect(await (await served.ask('/api/jobs/failed')).json()).toMatchObject({
      state: 'dead',
      error: { code: 'media-failed' },
    });
    expect((await (await post('/api/jobs/failed/retry')).json()) as ShownJob).toMatchObject({
      state: 'queued',
    });
    expect(await (await post('/api/jobs/running/cancel')).json()).toMatchObject({ isCancelRequested: true });
  });

  it('is unknown by any other id', async () => {
    const answers = [
      await served.ask('/api/jobs/nobody'),
      await post('/api/jobs/nobody/retry'),
      await post('/api/jobs/nobody/cancel'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'job-unknown' });
    }
  });

  it('may be tried again by who edits, cancelled by who administers, and seen by neither who records', async () => {
    const editor = await served.recorder.access.addToken('editor', 'edit');
    const recorder = await served.recorder.access.addToken('field', 'record');
    expect((await served.ask('/api/jobs', { token: recorder })).status).toBe(403);
    expect((await post('/api/jobs/failed/retry', editor)).status).toBe(200);
    expect((await post('/api/jobs/waiting/cancel', editor)).status).toBe(403);
  });
});
