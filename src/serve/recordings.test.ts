import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import { sha256 } from '../../test/sha256.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import { recordingPageSchema, recordingSchema } from './recording-schema.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder();
});
afterAll(() => served.close());

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const addressOf = ({ id }: Recording, rest = '') => `/api/recordings/${id}${rest}`;

describe('the list of recordings', () => {
  it('comes in pages, searched, by tag, and as the schema says', async () => {
    for (let n = 0; n < 3; n++) served.recorder.addRecording(BYTES, { title: `Talk ${n}`, tags: ['talk'] });
    const first = await (await served.ask('/api/recordings?query=Talk&tag=talk&limit=2')).json();
    const page = recordingPageSchema.parse(first);
    expect(page.items.map(({ title }) => title)).toEqual(['Talk 0', 'Talk 1']);
    const next = await served.ask(`/api/recordings?tag=talk&limit=2&cursor=${page.nextCursor}`);
    expect(recordingPageSchema.parse(await next.json())).toMatchObject({ nextCursor: null, items: [{}] });
  });

  it('shows the trash only when asked for it', async () => {
    const recording = served.recorder.addRecording(BYTES, { title: 'Trash me' });
    await served.ask(addressOf(recording), { method: 'DELETE' });
    const idsOf = async (query: string) =>
      recordingPageSchema
        .parse(await (await served.ask(`/api/recordings?query=Trash&${query}`)).json())
        .items.map(({ id }) => id);
    expect(await idsOf('')).toEqual([]);
    expect(await idsOf('trashed=true')).toEqual([recording.id]);
  });

  it.each([
    'limit=0',
    'limit=501',
    'limit=x',
    'order=sideways',
    'trashed=maybe',
    'cursor=nonsense',
    `query=${'x'.repeat(501)}`,
    'tag=a&tag=b',
  ])('refuses ?%s', async (query) => {
    const answer = await served.ask(`/api/recordings?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    expect(['invalid-input', 'cursor-invalid']).toContain(code);
    expect(detail).toMatch(/\.$/);
  });
});

describe('a recording', () => {
  it('is answered whole, with its version as ETag', async () => {
    const recording = served.recorder.addRecording(BYTES);
    const answer = await served.ask(addressOf(recording));
    expect(answer.headers.get('etag')).toBe('"1"');
    const body = await answer.json();
    expect(body).toEqual(recording);
    recordingSchema.parse(body);
    const again = await served.ask(addressOf(recording), { headers: { 'if-none-match': '"1"' } });
    expect(again.status).toBe(304);
  });

  it('is unknown under an id that is none', async () => {
    for (const id of ['01991234-5678-7abc-8def-0123456789ab', 'x', '..%2f..%2fetc', '%00', 'A'.repeat(150)]) {
      const answer = await served.ask(`/api/recordings/${id}`);
      expect(answer.status, id).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'recording-unknown' });
    }
  });

  it('is amended at the version that was seen, and not at a stale one', async () => {
    const recording = served.recorder.addRecording(BYTES);
    const patch = (version: string) =>
      served.ask(addressOf(recording), json('PATCH', { title: 'New', tags: ['a'] }, { 'if-match': version }));
    const done = await patch('"1"');
    expect(done.headers.get('etag')).toBe('"2"');
    expect(await done.json()).toMatchObject({ title: 'New', tags: ['a'], version: 2 });
    const stale = await patch('"1"');
    expect(stale.status).toBe(412);
    expect(await stale.json()).toMatchObject({ code: 'version-conflict' });
    expect((await patch('2')).status).toBe(200);
    expect((await patch('*')).status).toBe(200);
    for (const wrong of ['W/"4"', '"4", "5"', 'x', '']) expect((await patch(wrong)).status, wrong).toBe(400);
  });

  it.each([
    { title: '' },
    { title: 3 },
    { title: 'x'.repeat(1001) },
    { tags: 'a' },
    { tags: [''] },
    { notes: null },
    { markers: [{ atSeconds: -1, label: 'x' }] },
    { checksum: 'a' },
    { version: 3 },
    [],
    null,
  ])('is not amended with %j', async (body) => {
    const recording = served.recorder.addRecording(BYTES);
    const answer = await served.ask(addressOf(recording), json('PATCH', body));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid-input' });
  });

  it('is not amended with what is no JSON', async () => {
    const path = addressOf(served.recorder.addRecording(BYTES));
    const headers = { 'content-type': 'application/json' };
    expect((await served.ask(path, { method: 'PATCH', headers, body: '{"title"' })).status).toBe(400);
    expect((await served.ask(path, { method: 'PATCH', body: 'title=x' })).status).toBe(415);
    const polluted = '{"title":"x","__proto__":{"a":1}}';
    expect((await served.ask(path, { method: 'PATCH', headers, body: polluted })).status).toBe(400);
  });

  it('goes to the trash and back', async () => {
    const recording = served.recorder.addRecording(BYTES);
    const stale = await served.ask(addressOf(recording), {
      method: 'DELETE',
      headers: { 'if-match': '"7"' },
    });
    expect(stale.status).toBe(412);
    const trashed = await served.ask(addressOf(recording), { method: 'DELETE' });
    expect(await trashed.json()).toMatchObject({ status: 'trashed' });
    const back = await served.ask(addressOf(recording, '/restore'), { method: 'POST' });
    expect(await back.json()).toMatchObject({ status: 'active', version: 3 });
  });

  it('has peaks in the window and width asked for', async () => {
    const recording = served.recorder.addRecording(BYTES);
    const peaks = await served.ask(addressOf(recording, '/peaks?from=0.5&to=1.5&width=3'));
    expect(await peaks.json()).toMatchObject({ fromSeconds: 0.5, toSeconds: 1.5, min: [-0.5, -0.5, -0.5] });
    for (const query of ['width=0', 'width=20001', 'width=1.5', 'from=-1', 'to=x', 'from=NaN']) {
      expect((await served.ask(addressOf(recording, `/peaks?${query}`))).status, query).toBe(400);
    }
  });
});

describe('a failure', () => {
  it('of ours is told, one that is a bug is not, and both leave the server alive', async () => {
    const path = addressOf(served.recorder.addRecording(BYTES));
    served.recorder.failNext = new VoiceRecorderError('catalogue-busy', 'The catalogue is busy.');
    const busy = await served.ask(path);
    expect(busy.status).toBe(503);
    expect(busy.headers.get('retry-after')).toBe('1');
    expect(await busy.json()).toMatchObject({ code: 'catalogue-busy', detail: 'The catalogue is busy.' });
    served.recorder.failNext = new Error('SQLITE_CORRUPT at /home/me');
    const bug = await served.ask(path);
    expect(bug.status).toBe(500);
    const text = await bug.text();
    expect(text).not.toContain('SQLITE');
    expect(served.log()).toContain('SQLITE_CORRUPT');
    expect(served.log()).toContain((JSON.parse(text) as { requestId: string }).requestId);
    expect((await served.ask(path)).status).toBe(200);
  });
});

describe('audio', () => {
  const filename = 'Größe "1"; x.html';
  const addAudio = () => served.recorder.addRecording(BYTES, { filename });

  it('comes whole, as what it is, and as nothing a browser would run', async () => {
    const answer = await served.ask(addressOf(addAudio(), '/audio'));
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(BYTES);
    const { headers } = answer;
    expect(headers.get('content-type')).toBe('audio/wav');
    expect(headers.get('content-length')).toBe('1000');
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('etag')).toBe(`"${sha256(BYTES)}"`);
    expect(headers.get('content-security-policy')).toBe('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('content-disposition')).toMatch(/^inline; /);
  });

  it('is offered as a file under its own name on ?download', async () => {
    const answer = await served.ask(addressOf(addAudio(), '/audio?download'));
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="Gr__e _1_; x.html"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%3B%20x.html`,
    );
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=990-', 990, 1000],
    ['bytes=-5', 995, 1000],
    ['bytes=100-5000', 100, 1000],
  ])('comes in the part that %s names', async (range, start, end) => {
    const answer = await served.ask(addressOf(addAudio(), '/audio'), { headers: { range } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/1000`);
    expect(answer.headers.get('content-length')).toBe(String(end - start));
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(BYTES.subarray(start, end));
  });

  it('has no part behind its end', async () => {
    const answer = await served.ask(addressOf(addAudio(), '/audio'), { headers: { range: 'bytes=1000-' } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe('bytes */1000');
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ code: 'range-invalid' });
  });

  it('comes whole when the part belongs to something else', async () => {
    const path = addressOf(addAudio(), '/audio');
    const statusOf = async (ifRange: string) =>
      (await served.ask(path, { headers: { range: 'bytes=0-9', 'if-range': ifRange } })).status;
    expect(await statusOf(`"${sha256(BYTES)}"`)).toBe(206);
    expect(await statusOf('"other"')).toBe(200);
    expect(await statusOf(`W/"${sha256(BYTES)}"`)).toBe(200);
    expect(await statusOf('Sun, 22 Nov 2026 21:32:05 GMT')).toBe(200);
  });

  it('does not come again to who has it', async () => {
    const path = addressOf(addAudio(), '/audio');
    const etag = `"${sha256(BYTES)}"`;
    for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await served.ask(path, { headers: { 'if-none-match': value } });
      expect(answer.status, value).toBe(304);
      expect(answer.headers.get('etag')).toBe(etag);
    }
    expect((await served.ask(path, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });

  it('is described without its bytes on HEAD', async () => {
    const answer = await served.ask(addressOf(addAudio(), '/audio'), {
      method: 'HEAD',
      headers: { range: 'bytes=0-1' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('1000');
    expect(answer.headers.get('content-type')).toBe('audio/wav');
  });

  it('has an ETag of its own as a playable rendition', async () => {
    const answer = await served.ask(addressOf(addAudio(), '/audio?rendition=playable'));
    expect(answer.headers.get('etag')).toBe(`"${sha256(BYTES)}-playable"`);
    expect((await served.ask(addressOf(addAudio(), '/audio?rendition=mp3'))).status).toBe(400);
  });
});

describe('tags and storage', () => {
  it('are answered as the page asks for them', async () => {
    const tags = (await (await served.ask('/api/tags')).json()) as { items: unknown[] };
    expect(tags.items[0]).toMatchObject({ tag: 'voice' });
    expect(await (await served.ask('/api/storage')).json()).toMatchObject({ minutesLeft: { voice: 2000 } });
  });
});
