import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import type { HistoryPage } from '../model/history.ts';
import type { Recording } from '../model/recording.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder();
});
afterAll(() => served.close());

const BYTES = Buffer.from([1, 2, 3]);
const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const addressOf = ({ id }: Recording, rest = '') => `/api/recordings/${id}${rest}`;
const answerOf = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

describe('the history over HTTP', () => {
  it('says whose token changed what, and gives each change a way back', async () => {
    const recording = served.recorder.addRecording(BYTES, { title: 'One', tags: [] });
    const token = await served.recorder.access.addToken('Anna', 'edit');
    await served.ask(addressOf(recording), { ...json('PATCH', { title: 'Two', addTags: ['a'] }), token });
    await served.ask(addressOf(recording), json('PATCH', { removeTags: ['A'] }));
    const answer = await served.ask(addressOf(recording, '/history'));
    const { items, nextCursor } = (await answer.json()) as HistoryPage;
    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      { version: 3, by: 'owner', before: { tags: ['a'] }, after: { tags: [] } },
      { version: 2, by: 'Anna', before: { title: 'One', tags: [] }, after: { title: 'Two', tags: ['a'] } },
    ]);
    const refused = await served.ask(addressOf(recording, '/history/2/undo'), { method: 'POST' });
    expect(refused.status).toBe(409);
    expect(await answerOf(refused)).toMatchObject({ code: 'undo-conflict' });
    const stale = await served.ask(addressOf(recording, '/history/3/undo'), {
      method: 'POST',
      headers: { 'if-match': '"2"' },
    });
    expect(stale.status).toBe(412);
    const undone = await served.ask(addressOf(recording, '/history/3/undo'), {
      method: 'POST',
      headers: { 'if-match': '"3"' },
      token,
    });
    expect(undone.headers.get('etag')).toBe('"4"');
    expect(await answerOf(undone)).toMatchObject({ tags: ['a'], version: 4 });
    const again = (await (await served.ask(addressOf(recording, '/history'))).json()) as HistoryPage;
    expect(again.items[0]).toMatchObject({ by: 'Anna', undoes: 3 });
  });

  it('tells who moved it to the trash and back', async () => {
    const recording = served.recorder.addRecording(BYTES);
    const token = await served.recorder.access.addToken('Bob', 'edit');
    await served.ask(addressOf(recording), { method: 'DELETE', token });
    await served.ask(addressOf(recording, '/restore'), { method: 'POST', token });
    const { items } = (await (await served.ask(addressOf(recording, '/history'))).json()) as HistoryPage;
    expect(items.map(({ by, after }) => [by, after])).toEqual([
      ['Bob', { isTrashed: false }],
      ['Bob', { isTrashed: true }],
    ]);
  });

  it('is nobody else’s, and has only changes that there were', async () => {
    const recording = served.recorder.addRecording(BYTES);
    const weak = await served.recorder.access.addToken('Deck', 'record');
    const statusOf = async (rest: string, wish: RequestInit & { token?: string | null } = {}) =>
      (await served.ask(addressOf(recording, rest), wish)).status;
    expect(await statusOf('/history', { token: null })).toBe(401);
    expect(await statusOf('/history', { token: weak })).toBe(403);
    expect(await statusOf('/history/2/undo', { method: 'POST', token: weak })).toBe(403);
    expect(await statusOf('/history/2/undo', { method: 'POST' })).toBe(404);
    for (const version of ['0', 'x', '1.5', '-1', '1e400']) {
      expect(await statusOf(`/history/${version}/undo`, { method: 'POST' }), version).toBe(400);
    }
    expect(await statusOf('/history?limit=0')).toBe(400);
    expect(await statusOf('/history/2/undo')).toBe(405);
    expect((await served.ask('/api/recordings/x/history')).status).toBe(404);
  });
});

describe('many recordings over HTTP', () => {
  it('are amended at the versions that were seen, and answered with their new ones', async () => {
    const recordings = Array.from({ length: 3 }, () => served.recorder.addRecording(BYTES, { tags: ['x'] }));
    const body = {
      recordings: recordings.map(({ id, version }) => ({ id, version })),
      amendment: { addTags: ['y'], addCollections: ['Set'] },
    };
    const answer = await served.ask('/api/recordings', json('PATCH', body));
    expect(answer.status).toBe(200);
    expect(await answerOf(answer)).toEqual({ items: recordings.map(({ id }) => ({ id, version: 2 })) });
    expect((await served.ask('/api/recordings', json('PATCH', body))).status).toBe(412);
    const one = await answerOf(await served.ask(addressOf(recordings[2] as Recording)));
    expect(one).toMatchObject({ tags: ['x', 'y'], collections: ['Set'], version: 2 });
  });

  it.each([
    {},
    { recordings: [], amendment: { title: 'x' } },
    { recordings: [{ id: 'x' }] },
    { recordings: Array.from({ length: 501 }, () => ({ id: 'x' })), amendment: { title: 'x' } },
    { recordings: [{ id: 'x', version: 0 }], amendment: { title: 'x' } },
    { recordings: [{ id: 'x' }], amendment: { markers: [] } },
    { recordings: [{ id: 'x' }], amendment: { checksum: 'x' } },
  ])('are not amended with %j', async (body) => {
    const answer = await served.ask('/api/recordings', json('PATCH', body));
    expect(answer.status).toBe(400);
    expect(await answerOf(answer)).toMatchObject({ code: 'invalid-input' });
  });
});

describe('collections over HTTP', () => {
  it('are listed, renamed and removed, whatever they are called', async () => {
    const names = ["O'Neill's", 'a/b', '100 %', '🎙️', '?#', '🎙'.repeat(99)];
    const recording = served.recorder.addRecording(BYTES);
    const patched = await served.ask(addressOf(recording), json('PATCH', { collections: names }));
    expect(await answerOf(patched)).toMatchObject({ collections: names });
    const listed = (await answerOf(await served.ask('/api/collections'))) as { items: unknown[] };
    for (const collection of names) expect(listed.items).toContainEqual({ collection, count: 1 });
    for (const name of names) {
      const address = `/api/collections/${encodeURIComponent(name)}`;
      const renamed = await served.ask(address, json('PATCH', { name: `${name}!` }));
      expect(await answerOf(renamed), name).toEqual({ changedRecordings: 1 });
      expect((await served.ask(address, { method: 'DELETE' })).status).toBe(404);
      const removed = await served.ask(`/api/collections/${encodeURIComponent(`${name}!`)}`, {
        method: 'DELETE',
      });
      expect(await answerOf(removed), name).toEqual({ changedRecordings: 1 });
    }
    expect(await answerOf(await served.ask(addressOf(recording)))).toMatchObject({ collections: [] });
    const nameless = await served.ask('/api/collections/x', json('PATCH', { name: ' ' }));
    expect(nameless.status).toBe(400);
  });
});
