import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from '../../test/raw-http.ts';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import { sha256 } from '../../test/sha256.ts';
import { encodeUploadMetadata } from '../model/upload-metadata.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder({ maxUploadBytes: 10_000_000 });
});
afterAll(() => served.close());

const CHUNK = { 'content-type': 'application/offset+octet-stream' };
type Body = string | Uint8Array<ArrayBuffer> | null;
const TUS = { 'tus-resumable': '1.0.0' };
const checksumOf = (bytes: Uint8Array) => `sha256 ${createHash('sha256').update(bytes).digest('base64')}`;

function tus(method: string, path: string, headers: Record<string, string> = {}, body: Body = null) {
  return served.ask(path, { method, headers: { ...TUS, ...headers }, body });
}

async function create(headers: Record<string, string> = { 'upload-defer-length': '1' }): Promise<string> {
  const answer = await tus('POST', '/api/uploads', headers);
  expect(answer.status).toBe(201);
  return answer.headers.get('location') ?? '';
}

const patch = (path: string, offset: number, body: Body, headers: Record<string, string> = {}) =>
  tus('PATCH', path, { ...CHUNK, 'upload-offset': String(offset), ...headers }, body);

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code;
}

describe('the upload of a named token', () => {
  it('is there for that token and for admins, and for nobody else', async () => {
    const { access } = served.recorder;
    const [desk, field, editor] = await Promise.all([
      access.addToken('desk', 'record'),
      access.addToken('field', 'record'),
      access.addToken('editor', 'edit'),
    ]);
    const as = (token: string, method: string, path: string, headers: Record<string, string> = {}) =>
      served.ask(path, {
        method,
        token,
        headers: { ...TUS, ...headers },
        ...(method === 'PATCH' && { body: 'RIFF' }),
      });
    const fromStart = { ...CHUNK, 'upload-offset': '0' };
    const made = await as(desk, 'POST', '/api/uploads', { 'upload-defer-length': '1' });
    const path = made.headers.get('location') ?? '';
    for (const stranger of [field, editor]) {
      expect((await as(stranger, 'HEAD', path)).status).toBe(404);
      const refused = await as(stranger, 'PATCH', path, fromStart);
      expect(await codeOf(refused)).toBe('upload-unknown');
      expect((await as(stranger, 'DELETE', path)).status).toBe(404);
    }
    expect((await as(desk, 'PATCH', path, fromStart)).status).toBe(204);
    expect((await as(desk, 'HEAD', path)).headers.get('upload-offset')).toBe('4');
    expect((await as(served.token, 'HEAD', path)).status).toBe(200);
    expect((await as(desk, 'DELETE', path)).status).toBe(204);
    for (const foreign of ['/api/recordings', '/api/events', '/api/storage', '/api/tokens']) {
      expect((await served.ask(foreign, { token: desk })).status, foreign).toBe(403);
    }
  });
});

describe('an upload', () => {
  it('says what it can do', async () => {
    const answer = await served.ask('/api/uploads', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,creation-defer-length,checksum,termination,expiration',
      'tus-checksum-algorithm': 'sha256',
      'tus-max-size': '10000000',
    });
  });

  it('is created, filled in pieces with checksums, and becomes a recording', async () => {
    const metadata = encodeUploadMetadata({ filename: 'take.ogg', title: 'Grüße', kind: 'take' });
    const path = await create({ 'upload-defer-length': '1', 'upload-metadata': metadata });
    expect(path).toMatch(/^\/api\/uploads\/[0-9a-f-]{36}$/);
    const [first, second] = [randomBytes(5000), randomBytes(3000)];

    const one = await patch(path, 0, first, { 'upload-checksum': checksumOf(first) });
    expect(one.status).toBe(204);
    expect(one.headers.get('upload-offset')).toBe('5000');
    expect(Date.parse(one.headers.get('upload-expires') ?? '')).toBeGreaterThan(0);
    expect(one.headers.get('recording-id')).toBeNull();

    const running = await tus('HEAD', path);
    expect(running.status).toBe(200);
    expect(Object.fromEntries(running.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'upload-offset': '5000',
      'upload-defer-length': '1',
      'upload-metadata': metadata,
      'cache-control': 'no-store',
    });

    await patch(path, 5000, second);
    const done = await patch(path, 8000, null, { 'upload-length': '8000' });
    expect(done.status).toBe(204);
    const whole = sha256(Buffer.concat([first, second]));
    const expected = { 'recording-id': path.split('/').pop(), 'recording-checksum': whole };
    expect(Object.fromEntries(done.headers)).toMatchObject(expected);
    const after = Object.fromEntries((await tus('HEAD', path)).headers);
    expect(after).toMatchObject({ ...expected, 'upload-offset': '8000', 'upload-length': '8000' });
    expect(after['upload-defer-length']).toBeUndefined();
  });

  it('may bring its first bytes with its creation', async () => {
    const bytes = randomBytes(100);
    const headers = { ...CHUNK, 'upload-length': '100', 'upload-checksum': checksumOf(bytes) };
    const answer = await tus('POST', '/api/uploads', headers, bytes);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('upload-offset')).toBe('100');
    expect(answer.headers.get('recording-checksum')).toBe(sha256(bytes));
  });

  it('comes in chunks without a length of their own', async () => {
    const path = await create({ 'upload-length': '300000' });
    const bytes = randomBytes(300_000);
    const body = Readable.toWeb(Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]));
    const answer = await fetch(served.server.baseUrl + path, {
      method: 'PATCH',
      headers: { ...TUS, ...CHUNK, 'upload-offset': '0', authorization: `Bearer ${served.token}` },
      body: body as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('recording-checksum')).toBe(sha256(bytes));
  });

  it('is given up on DELETE, but not once it is a recording', async () => {
    const path = await create();
    expect((await tus('DELETE', path)).status).toBe(204);
    expect((await tus('HEAD', path)).status).toBe(404);
    const finished = await create({ 'upload-length': '1' });
    await patch(finished, 0, 'x');
    const answer = await tus('DELETE', finished);
    expect(answer.status).toBe(409);
    expect(await codeOf(answer)).toBe('upload-complete');
  });

  it('keeps what came before its sender hung up', async () => {
    const path = await create({ 'upload-length': '1000' });
    const socket = connect(served.server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const head = [
      `PATCH ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${served.server.port}`,
      `Authorization: Bearer ${served.token}`,
      'Tus-Resumable: 1.0.0',
      'Content-Type: application/offset+octet-stream',
      'Upload-Offset: 0',
      'Content-Length: 1000',
    ].join('\r\n');
    socket.write(`${head}\r\n\r\n${'y'.repeat(600)}`);
    await wait(100);
    socket.destroy();
    const offset = async () => (await tus('HEAD', path)).headers.get('upload-offset');
    for (let attempt = 0; attempt < 50 && (await offset()) !== '600'; attempt++) await wait(20);
    expect(await offset()).toBe('600');
    expect((await patch(path, 600, 'z'.repeat(400))).headers.get('recording-id')).not.toBeNull();
  });

  it('can be sent by a client of somebody else', async () => {
    const bytes = randomBytes(1_000_000);
    const url = await new Promise<string>((resolve, reject) => {
      const upload = new Upload(bytes, {
        endpoint: `${served.server.baseUrl}/api/uploads`,
        headers: { authorization: `Bearer ${served.token}` },
        chunkSize: 300_000,
        metadata: { filename: 'Ümlaut.wav', filetype: 'audio/wav' },
        onError: reject,
        onSuccess: () => resolve(upload.url ?? ''),
      });
      upload.start();
    });
    const id = url.split('/').pop() ?? '';
    const recording = await (await served.ask(`/api/recordings/${id}`)).json();
    expect(recording).toMatchObject({ checksum: sha256(bytes), filename: 'Ümlaut.wav' });
  });
});

describe('an upload is refused', () => {
  it('in another version of the protocol, or none', async () => {
    for (const version of [{ 'tus-resumable': '0.2.2' }, {}]) {
      for (const method of ['POST', 'HEAD', 'PATCH', 'DELETE']) {
        const path = method === 'POST' ? '/api/uploads' : await create();
        const answer = await served.ask(path, { method, headers: version as Record<string, string> });
        expect(answer.status, method).toBe(412);
        expect(answer.headers.get('tus-version')).toBe('1.0.0');
        expect(answer.headers.get('tus-resumable')).toBe('1.0.0');
      }
    }
  });

  it.each([
    [{}, 400, 'upload-length-invalid'],
    [{ 'upload-length': '5', 'upload-defer-length': '1' }, 400, 'upload-length-invalid'],
    [{ 'upload-defer-length': '2' }, 400, 'upload-length-invalid'],
    [{ 'upload-length': '-5' }, 400, 'upload-length-invalid'],
    [{ 'upload-length': '1e3' }, 400, 'upload-length-invalid'],
    [{ 'upload-length': '99999999999999999999' }, 400, 'upload-length-invalid'],
    [{ 'upload-length': '10000001' }, 413, 'file-too-large'],
    [{ 'upload-length': '5', 'upload-metadata': 'title !!!' }, 400, 'upload-metadata-invalid'],
    [
      { 'upload-length': '5', 'upload-checksum': 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=' },
      400,
      'upload-checksum-header-invalid',
    ],
    [{ 'upload-length': '0' }, 415, 'audio-no-samples'],
  ])('at its creation with %j', async (headers, status, code) => {
    const answer = await tus('POST', '/api/uploads', headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(await codeOf(answer)).toBe(code);
    expect(answer.headers.get('tus-resumable')).toBe('1.0.0');
  });

  it('with a body of another kind', async () => {
    const headers = { 'upload-length': '5', 'content-type': 'audio/wav' };
    expect((await tus('POST', '/api/uploads', headers, 'RIFFx')).status).toBe(415);
    const path = await create();
    for (const type of ['application/json', 'application/octet-stream', 'nonsense', '']) {
      const answer = await tus('PATCH', path, { 'content-type': type, 'upload-offset': '0' }, '{}');
      expect(answer.status, type).toBe(415);
      expect(await codeOf(answer)).toBe('content-type-unsupported');
    }
  });

  it('at another offset than the one it has', async () => {
    const path = await create();
    await patch(path, 0, 'abc');
    const answer = await patch(path, 2, 'def');
    expect(answer.status).toBe(409);
    expect(await codeOf(answer)).toBe('upload-offset-conflict');
    expect((await tus('PATCH', path, CHUNK, 'x')).status).toBe(400);
    expect((await tus('PATCH', path, { ...CHUNK, 'upload-offset': '-1' }, 'x')).status).toBe(400);
  });

  it('with a wrong sum, and keeps nothing of it', async () => {
    const path = await create();
    const answer = await patch(path, 0, 'abc', { 'upload-checksum': checksumOf(Buffer.from('abd')) });
    expect(answer.status).toBe(460);
    expect(await codeOf(answer)).toBe('checksum-mismatch');
    expect((await tus('HEAD', path)).headers.get('upload-offset')).toBe('0');
    for (const header of [
      'sha256',
      'sha256 abc',
      'md5 1B2M2Y8AsgTpgAmY7PhCfg==',
      `SHA256 ${'A'.repeat(43)}=`,
    ]) {
      expect((await patch(path, 0, 'abc', { 'upload-checksum': header })).status, header).toBe(400);
    }
  });

  it('when it is unknown, whatever its id looks like', async () => {
    for (const id of [
      '01991234-5678-7abc-8def-0123456789ab',
      '..%2f..%2fetc%2fpasswd',
      '%00',
      'x'.repeat(100),
    ]) {
      expect((await tus('HEAD', `/api/uploads/${id}`)).status).toBe(404);
      const answer = await patch(`/api/uploads/${id}`, 0, 'x');
      expect(answer.status).toBe(404);
      expect(await codeOf(answer)).toBe('upload-unknown');
    }
  });

  it('at the end, when it is no audio', async () => {
    const path = await create({ 'upload-length': '6' });
    const answer = await patch(path, 0, '<html>');
    expect(answer.status).toBe(415);
    expect(await codeOf(answer)).toBe('not-audio-content');
  });

  it('while another client writes to it', async () => {
    const path = await create({ 'upload-length': '2000' });
    const socket = connect(served.server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const lines = [
      `PATCH ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${served.server.port}`,
      `Authorization: Bearer ${served.token}`,
      'Tus-Resumable: 1.0.0',
      `Content-Type: ${CHUNK['content-type']}`,
      'Upload-Offset: 0',
      'Content-Length: 2000',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\nabc`);
    await wait(100);
    const answer = await patch(path, 0, 'x');
    expect(answer.status).toBe(423);
    expect(await codeOf(answer)).toBe('upload-busy');
    socket.destroy();
  });

  it('under a method that only a header names', async () => {
    const path = await create();
    const answer = await tus(
      'POST',
      path,
      { ...CHUNK, 'upload-offset': '0', 'x-http-method-override': 'PATCH' },
      'x',
    );
    expect(answer.status).toBe(405);
  });
});

describe('behind a proxy', () => {
  it('an upload is found under the public address', async () => {
    const own = await serveRecorder({ publicUrl: 'https://rec.example/voice/' });
    const answer = await sendRaw(
      own.server.port,
      `POST /api/uploads HTTP/1.1\r\nHost: rec.example\r\nAuthorization: Bearer ${own.token}\r\n` +
        'Tus-Resumable: 1.0.0\r\nUpload-Length: 5\r\nConnection: close\r\n\r\n',
    );
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toMatch(/^\/voice\/api\/uploads\/[0-9a-f-]{36}$/);
    expect(own.server.pageUrl).toBe('https://rec.example/voice');
    await own.close();
  });
});
