import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';

let served: ServedRecorder;
beforeEach(async () => {
  served = await serveRecorder();
});
afterEach(() => served.close());

const bytes = Buffer.from('the bytes of a take');
const cleanUp = (body: unknown, token?: string) =>
  served.ask('/api/cleanup', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
    ...(token === undefined ? {} : { token }),
  });

describe('purging over HTTP', () => {
  it('removes for good only when it is told so, and answers what is gone', async () => {
    const { id, checksum } = served.recorder.addRecording(bytes, { title: 'Old' });
    const trashed = await served.ask(`/api/recordings/${id}`, { method: 'DELETE' });
    expect(await trashed.json()).toMatchObject({ status: 'trashed' });
    const purged = await served.ask(`/api/recordings/${id}?purge=true`, { method: 'DELETE' });
    expect(purged.status).toBe(200);
    expect(await purged.json()).toMatchObject({ id, title: 'Old', checksum, freedBytes: bytes.length });
    expect((await served.ask(`/api/recordings/${id}`)).status).toBe(404);
    const again = await served.ask(`/api/recordings/${id}?purge=true`, { method: 'DELETE' });
    expect(await again.json()).toMatchObject({ status: 404, code: 'recording-unknown' });
  });

  it('is for administrators; a role that may trash may not purge', async () => {
    const { id } = served.recorder.addRecording(bytes);
    const token = await served.recorder.access.addToken('editor', 'edit');
    const refused = await served.ask(`/api/recordings/${id}?purge=true`, { method: 'DELETE', token });
    expect(await refused.json()).toMatchObject({ status: 403, code: 'access-role' });
    expect((await served.ask(`/api/recordings/${id}`)).status).toBe(200);
    const trashed = await served.ask(`/api/recordings/${id}`, { method: 'DELETE', token });
    expect(trashed.status).toBe(200);
  });

  it('holds the version against If-Match, and refuses words it does not know', async () => {
    const { id, version } = served.recorder.addRecording(bytes);
    const stale = await served.ask(`/api/recordings/${id}?purge=true`, {
      method: 'DELETE',
      headers: { 'if-match': `"${version + 1}"` },
    });
    expect(await stale.json()).toMatchObject({ status: 412, code: 'version-conflict' });
    for (const query of ['purge=yes', 'everywhere=true', 'force=true']) {
      const answer = await served.ask(`/api/recordings/${id}?${query}`, { method: 'DELETE' });
      expect(await answer.json(), query).toMatchObject({ status: 400, code: 'invalid-input' });
    }
    expect((await served.ask(`/api/recordings/${id}`)).status).toBe(200);
  });
});

describe('many recordings over HTTP', () => {
  const post = (what: 'trash' | 'restore', recordings: readonly unknown[]) =>
    served.ask(`/api/recordings/${what}`, {
      method: 'POST',
      body: JSON.stringify({ recordings }),
      headers: { 'content-type': 'application/json' },
    });
  const NOWHERE = '00000000-0000-7000-8000-000000000000';

  it('go into the trash and out of it, each with its own answer in the order they were named', async () => {
    const kept = Array.from({ length: 45 }, () => served.recorder.addRecording(bytes));
    const [first, second] = kept;
    const wanted = [
      { id: NOWHERE },
      ...kept.map(({ id, version }) => ({ id, version: id === second?.id ? version + 1 : version })),
      { id: 'no id' },
    ];
    const answer = await post('trash', wanted);
    expect(answer.status).toBe(200);
    const { items } = (await answer.json()) as { items: { id: string; status?: string; error?: unknown }[] };
    expect(items.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    const unknown = { error: { code: 'recording-unknown', message: expect.stringMatching(/\.$/) } };
    expect(items[0]).toEqual({ id: NOWHERE, ...unknown });
    expect(items[2]).toMatchObject({ id: second?.id, error: { code: 'version-conflict' } });
    expect(items.at(-1)).toMatchObject({ id: 'no id', ...unknown });
    expect(items.filter(({ status }) => status === 'trashed')).toHaveLength(44);
    const back = await post('restore', [{ id: first?.id }, { id: NOWHERE }]);
    expect(await back.json()).toMatchObject({
      items: [{ id: first?.id, status: 'active' }, { error: { code: 'recording-unknown' } }],
    });
  });

  it('are 1 to 500, and nothing else is asked for', async () => {
    const many = Array.from({ length: 501 }, () => ({ id: NOWHERE }));
    for (const recordings of [
      [],
      many,
      [{}],
      [{ id: NOWHERE, version: 0 }],
      [{ id: NOWHERE, purge: true }],
    ]) {
      expect(await (await post('trash', recordings)).json()).toMatchObject({
        status: 400,
        code: 'invalid-input',
      });
    }
    expect((await post('restore', [{ id: NOWHERE, version: 1 }])).status).toBe(400);
  });
});

describe('cleaning up over HTTP', () => {
  it('says what could go, and lets go what is asked for', async () => {
    const found = await (await served.ask('/api/cleanup')).json();
    expect(found).toMatchObject({ recommendations: [{ kind: 'derived', freesBytes: 1000, risk: 'none' }] });
    expect(await (await served.ask('/api/cleanup')).json()).toEqual(found);
    const report = await (await cleanUp({ kinds: ['derived'] })).json();
    expect(report).toEqual({
      done: [{ kind: 'derived', count: 1, freedBytes: 1000 }],
      freedBytes: 1000,
      failed: [],
    });
    expect(await (await served.ask('/api/cleanup')).json()).toEqual({ recommendations: [] });
  });

  it('refuses kinds it does not know, nothing at all, and whoever is no administrator', async () => {
    for (const body of [{ kinds: ['originals'] }, { kinds: [] }, {}]) {
      expect(await (await cleanUp(body)).json()).toMatchObject({ status: 400, code: 'invalid-input' });
    }
    const token = await served.recorder.access.addToken('editor', 'edit');
    expect((await cleanUp({ kinds: ['derived'] }, token)).status).toBe(403);
    expect((await served.ask('/api/cleanup', { token })).status).toBe(200);
  });
});
