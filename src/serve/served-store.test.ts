import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Upload } from 'tus-js-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import type { Recording } from '../model/recording.ts';
import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { recordingPageSchema, recordingSchema } from './recording-schema.ts';
import { type RunningServer, startServer } from './start-server.ts';

const voiceWav = (seconds: number) => wavBytes(voiceSamples(seconds, 48_000, seconds), 48_000);

/** The real house behind the real server. */
let dataDir: string;
let recorder: VoiceRecorder;
let server: RunningServer;
let token: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vrp-served-'));
  await open();
});
afterEach(async () => {
  await close();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(): Promise<void> {
  recorder = await openVoiceRecorder({ environment: 'testing', dataDir });
  server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0.0.0' });
  token = await recorder.access.ownerToken();
}

async function close(): Promise<void> {
  await server.close();
  await recorder.close();
}

function ask(path: string, wish: RequestInit = {}): Promise<Response> {
  return fetch(server.baseUrl + path, {
    ...wish,
    headers: { authorization: `Bearer ${token}`, ...wish.headers },
  });
}

function upload(bytes: Buffer, metadata: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const running = new Upload(bytes, {
      endpoint: `${server.baseUrl}/api/uploads`,
      headers: { authorization: `Bearer ${token}` },
      chunkSize: 64 * 1024,
      retryDelays: [],
      metadata,
      onError: reject,
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader('Recording-Id') ?? ''),
    });
    running.start();
  });
}

describe('a served store', () => {
  it('takes a file from a tus client, keeps it byte for byte, finds, plays and describes it', async () => {
    const bytes = voiceWav(3);
    const id = await upload(bytes, { filename: 'Grüße.wav', title: 'Interview am Fluß', tags: '["fluss"]' });

    const recording = recordingSchema.parse(await (await ask(`/api/recordings/${id}`)).json());
    expect(recording).toMatchObject({
      checksum: sha256(bytes),
      title: 'Interview am Fluß',
      filename: 'Grüße.wav',
      tags: ['fluss'],
      mimeType: 'audio/wav',
    });
    expect(recording.duration).toBeCloseTo(3, 2);
    expect(await readFile(join(dataDir, recording.storedFilename))).toEqual(bytes);

    const found = recordingPageSchema.parse(await (await ask('/api/recordings?query=inter')).json());
    expect(found.items.map((item) => item.id)).toEqual([id]);

    const part = await ask(`/api/recordings/${id}/audio`, { headers: { range: 'bytes=1000-1999' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));
    const playable = await ask(`/api/recordings/${id}/audio?rendition=playable`);
    expect(playable.headers.get('content-type')).toMatch(/^audio\//);

    const peaks = (await (await ask(`/api/recordings/${id}/peaks?width=100`)).json()) as { max: number[] };
    expect(peaks.max).toHaveLength(100);
    expect(Math.max(...peaks.max)).toBeGreaterThan(0.05);
  });

  it('orders, narrows and corrects over HTTP, and says where it matched', async () => {
    const ids = [
      await upload(voiceWav(1), { filename: 'b.wav', title: 'Harbour', notes: 'by the sea' }),
      await upload(voiceWav(2), { filename: 'a.wav', title: 'Boats', recordedAt: '1974-05-06T10:00:00Z' }),
    ];
    const list = async (query: string) =>
      recordingPageSchema.parse(await (await ask(`/api/recordings?${query}`)).json());
    const idsOf = async (query: string) => (await list(query)).items.map(({ id }) => id);
    expect(await idsOf('order=title')).toEqual(ids.toReversed());
    expect(await idsOf('order=shortest&format=wav&kind=file&hasWarnings=false')).toEqual(ids);
    expect(await idsOf('minDuration=1.5')).toEqual([ids[1]]);
    expect(await idsOf('from=1974-05-06&to=1974-05-06')).toEqual([ids[1]]);
    const found = await list('query=harbuor%20se&order=relevance');
    expect(found).toMatchObject({
      corrections: [{ from: 'harbuor', to: ['harbour'] }],
      items: [
        {
          matches: [
            { field: 'title', start: 0, length: 7 },
            { field: 'notes', start: 7, length: 3 },
          ],
          notesExcerpt: { start: 0, length: 10 },
        },
      ],
    });
    const { nextCursor } = await list('order=title&limit=1');
    expect(await idsOf(`order=title&cursor=${nextCursor}`)).toEqual([ids[0]]);
    for (const wrong of [`order=largest&cursor=${nextCursor}`, 'minDuration=-1', 'from=then', 'kind=song']) {
      const refused = await ask(`/api/recordings?${wrong}`);
      expect([refused.status, refused.headers.get('content-type')], wrong).toEqual([
        400,
        expect.stringContaining('application/problem+json'),
      ]);
    }
  });

  it('amends at a version, trashes and restores', async () => {
    const id = await upload(voiceWav(1), { filename: 'a.wav' });
    const { version } = (await (await ask(`/api/recordings/${id}`)).json()) as Recording;
    const headers = { 'content-type': 'application/json', 'if-match': `"${version}"` };
    const patch = () =>
      ask(`/api/recordings/${id}`, { method: 'PATCH', headers, body: JSON.stringify({ title: 'Named' }) });
    expect(await (await patch()).json()).toMatchObject({ title: 'Named', version: version + 1 });
    expect((await patch()).status).toBe(412);
    expect(await (await ask(`/api/recordings/${id}`, { method: 'DELETE' })).json()).toMatchObject({
      status: 'trashed',
    });
    const restored = await ask(`/api/recordings/${id}/restore`, { method: 'POST' });
    expect(await restored.json()).toMatchObject({ status: 'active', title: 'Named' });
  });

  it('refuses a page that calls itself audio', async () => {
    const page = Buffer.from('<!doctype html><script>alert(1)</script>'.repeat(50));
    await expect(upload(page, { filename: 'song.wav' })).rejects.toThrow(/response code: 415/);
    expect(await (await ask('/api/recordings')).json()).toEqual({ items: [], nextCursor: null });
  });

  it('keeps what it had of an upload when it ends in mid-piece, and who was signed in', async () => {
    const bytes = voiceWav(2);
    const created = await ask('/api/uploads', {
      method: 'POST',
      headers: { 'tus-resumable': '1.0.0', 'upload-length': String(bytes.length) },
    });
    const path = created.headers.get('location') ?? '';
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ code: recorder.access.issueLoginCode() });
    const login = await fetch(`${server.baseUrl}/api/login`, { method: 'POST', headers, body });
    const secret = (login.headers.getSetCookie()[0] ?? '').split(';')[0]?.split('=')[1] ?? '';

    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const lines = [
      `PATCH ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${server.port}`,
      `Authorization: Bearer ${token}`,
      'Tus-Resumable: 1.0.0',
      'Content-Type: application/offset+octet-stream',
      'Upload-Offset: 0',
      `Content-Length: ${bytes.length}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(bytes.subarray(0, 50_000));
    await wait(300);
    await close();
    await open();

    const tus = { 'tus-resumable': '1.0.0' };
    const head = await ask(path, { method: 'HEAD', headers: tus });
    expect(head.headers.get('upload-offset')).toBe('50000');
    const done = await ask(path, {
      method: 'PATCH',
      headers: { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': '50000' },
      body: new Uint8Array(bytes.subarray(50_000)),
    });
    expect(done.headers.get('recording-checksum')).toBe(sha256(bytes));

    const cookie = `vrp_${server.port}_${recorder.storeId.slice(-8)}=${secret}`;
    const session = await fetch(`${server.baseUrl}/api/session`, { headers: { cookie } });
    expect(await session.json()).toEqual({ name: 'owner', role: 'admin' });
  });
});
