import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type UploadDesk, uploadFile } from './upload-file.ts';

const MIB = 1024 * 1024;

/** Speaks as much tus as the uploader needs, with a mishap before every answer that `mishaps` names. */
class TusServer {
  readonly mishaps: (number | 'cut')[] = [];
  bytes = Buffer.alloc(0);
  isChecksumWrong = false;
  deletedCount = 0;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/uploads`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (request.method === 'POST') {
      response.writeHead(201, { location: '/api/uploads/one' }).end();
      return;
    }
    if (request.method === 'DELETE') {
      this.deletedCount++;
      response.writeHead(204).end();
      return;
    }
    const mishap = request.method === 'PATCH' ? this.mishaps.shift() : undefined;
    if (mishap === 'cut') {
      request.socket.destroy();
      return;
    }
    if (mishap !== undefined) {
      const detail = JSON.stringify({ code: 'not-audio-content', detail: 'It is text.' });
      response.writeHead(mishap, { 'content-type': 'application/problem+json' }).end(detail);
      return;
    }
    if (request.method === 'PATCH') {
      const digest = createHash('sha256').update(body).digest('base64');
      const isSound = request.headers['upload-checksum'] === `sha256 ${digest}`;
      const isNext = Number(request.headers['upload-offset']) === this.bytes.length;
      if (!isSound || !isNext) {
        response.writeHead(isSound ? 409 : 460).end();
        return;
      }
      this.bytes = Buffer.concat([this.bytes, body]);
    }
    const isWhole = this.bytes.length === Number(request.headers['upload-length'] ?? Number.NaN);
    const checksum = this.isChecksumWrong
      ? '0'.repeat(64)
      : createHash('sha256').update(this.bytes).digest('hex');
    response.writeHead(204, {
      'upload-offset': String(this.bytes.length),
      ...(isWhole ? { 'recording-id': 'one', 'recording-checksum': checksum } : {}),
    });
    response.end();
  }
}

describe('sending a file', () => {
  let server = new TusServer();
  afterEach(() => server.close());

  async function desk(changes: Partial<UploadDesk> = {}): Promise<UploadDesk> {
    server = new TusServer();
    return {
      uploadsUrl: await server.open(),
      fetch,
      wait: () => Promise.resolve(),
      resumeUrl: null,
      onUrl: () => undefined,
      onProgress: () => undefined,
      signal: new AbortController().signal,
      ...changes,
    };
  }

  it('arrives whole through a cut, a damaged chunk and a busy server', async () => {
    const bytes = randomBytes(19 * MIB);
    const way = await desk();
    server.mishaps.push('cut', 460, 423);
    const result = await uploadFile(way, new File([bytes], 'tape.wav'));
    expect(result).toEqual({ status: 'stored', recordingId: 'one' });
    expect(server.bytes.equals(bytes)).toBe(true);
  });

  it('goes on where the server stands when the file is chosen again', async () => {
    const bytes = randomBytes(10 * MIB);
    const way = await desk();
    server.bytes = bytes.subarray(0, 8 * MIB);
    const sent: number[] = [];
    const resumed = {
      ...way,
      resumeUrl: `${way.uploadsUrl}/one`,
      onProgress: (sentBytes: number) => void sent.push(sentBytes),
    };
    expect(await uploadFile(resumed, new File([bytes], 'tape.wav'))).toMatchObject({ status: 'stored' });
    expect(sent).toEqual([8 * MIB, 10 * MIB]);
  });

  it('hands on the sentence of a refusal', async () => {
    const way = await desk();
    server.mishaps.push(415);
    const result = await uploadFile(way, new File(['<html>'], 'page.wav'));
    expect(result).toEqual({ status: 'refused', message: 'It is text.' });
  });

  it('does not believe a checksum that differs from its own', async () => {
    const way = await desk();
    server.isChecksumWrong = true;
    expect(await uploadFile(way, new File(['abc'], 'a.wav'))).toMatchObject({ status: 'refused' });
  });

  it('leaves off after many failures in a row and keeps its place', async () => {
    const urls: string[] = [];
    const way = await desk({ onUrl: (url) => void urls.push(url) });
    server.mishaps.push(...Array.from({ length: 40 }, () => 423));
    const held = { ...way, fetch: ((input, init) => failAfterCreation(input, init)) as typeof fetch };
    expect(await uploadFile(held, new File(['abc'], 'a.wav'))).toEqual({ status: 'interrupted' });
    expect(urls.at(-1)).toMatch(/\/api\/uploads\/one$/);
  });

  it('takes back what was begun when it is cancelled', async () => {
    const control = new AbortController();
    const way = await desk({ signal: control.signal, onUrl: () => control.abort() });
    expect(await uploadFile(way, new File(['abc'], 'a.wav'))).toEqual({ status: 'cancelled' });
    expect(server.deletedCount).toBe(1);
  });

  it('refuses an empty file without asking', async () => {
    const way = await desk();
    expect(await uploadFile(way, new File([], 'a.wav'))).toMatchObject({ status: 'refused' });
  });
});

function failAfterCreation(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  if (init?.method === 'POST') return fetch(input, init);
  return Promise.reject(new TypeError('The network is down.'));
}
