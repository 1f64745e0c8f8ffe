import { createSHA256 } from 'hash-wasm';
import { describe, expect, it } from 'vitest';
import { backOffMs, type Connection } from '../../transfer/connection.ts';
import type { SegmentSource } from '../take/segment.ts';
import { nextStep, sendSegment, type UploadListener } from './segment-upload.ts';

const UPLOADS = 'https://recorder.example/api/uploads';

async function sha256(bytes: Uint8Array): Promise<string> {
  return (await createSHA256()).update(bytes).digest('hex');
}

/** A segment in memory that grows when told. */
class MemorySource implements SegmentSource {
  bytes = new Uint8Array(0);
  sha256: string | null = null;
  #wake: () => void = () => {};
  #change = this.#next();

  static async complete(sizeBytes: number): Promise<MemorySource> {
    const source = new MemorySource();
    source.grow(sizeBytes);
    await source.finish();
    return source;
  }
  get sizeBytes() {
    return this.bytes.length;
  }
  get isComplete() {
    return this.sha256 !== null;
  }
  get hasAudio() {
    return this.bytes.length > 0;
  }
  letGoBefore = 0;
  hasAllFrom(start: number) {
    return start >= this.letGoBefore;
  }
  read(start: number, end: number) {
    return this.bytes.slice(start, end);
  }
  changed() {
    return this.#change;
  }
  grow(sizeBytes: number) {
    const grown = new Uint8Array(this.bytes.length + sizeBytes);
    grown.set(this.bytes);
    for (let i = this.bytes.length; i < grown.length; i++) grown[i] = (i * 31) % 251;
    this.bytes = grown;
    this.#wakeAll();
  }
  async finish() {
    this.sha256 = await sha256(this.bytes);
    this.#wakeAll();
  }
  #wakeAll() {
    this.#wake();
    this.#change = this.#next();
  }
  #next() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

type Fault = 'no-answer' | 'answer-lost' | number | ((server: TusServer) => void);

/** A tus server in memory that keeps to the contract; faults are met one request after the other. */
class TusServer {
  readonly uploads = new Map<string, { bytes: Uint8Array; checksum: string | null }>();
  readonly log: string[] = [];
  faults: (Fault | null)[] = [];

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const fault = this.faults.shift() ?? null;
    const method = init.method ?? 'GET';
    const headers = new Headers(init.headers);
    if (fault === 'no-answer') {
      this.log.push(`${method} unreachable`);
      throw new TypeError('Failed to fetch');
    }
    if (typeof fault === 'number') {
      this.log.push(`${method} ${fault}`);
      return Response.json({ detail: `The server said ${fault}.` }, { status: fault });
    }
    if (typeof fault === 'function') fault(this);
    const response = await this.#answer(
      method,
      String(input),
      headers,
      init.body as Uint8Array<ArrayBuffer> | undefined,
    );
    const at = headers.get('Upload-Offset');
    const length = headers.get('Upload-Length');
    this.log.push(
      [method, at && `at ${at}`, length && `length ${length}`, response.status].filter(Boolean).join(' '),
    );
    if (fault === 'answer-lost') throw new TypeError('Failed to fetch');
    return response;
  };

  async #answer(method: string, url: string, headers: Headers, body = new Uint8Array(0)): Promise<Response> {
    if (method === 'POST') {
      const id = `u${this.uploads.size + 1}`;
      this.uploads.set(id, { bytes: new Uint8Array(0), checksum: null });
      return new Response(null, { status: 201, headers: { Location: `/api/uploads/${id}` } });
    }
    const upload = this.uploads.get(url.split('/').at(-1) ?? '');
    if (!upload) return new Response(null, { status: 404 });
    if (method === 'PATCH') {
      if (Number(headers.get('Upload-Offset')) !== upload.bytes.length)
        return new Response(null, { status: 409 });
      const length = headers.get('Upload-Length');
      if (body.length > 0) {
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body.slice()));
        expect(headers.get('Upload-Checksum')).toBe(`sha256 ${btoa(String.fromCharCode(...digest))}`);
      }
      upload.bytes = Uint8Array.from([...upload.bytes, ...body]);
      if (length !== null && Number(length) === upload.bytes.length)
        upload.checksum = await sha256(upload.bytes);
    }
    const receipt = upload.checksum ? { 'Recording-Id': 'rec', 'Recording-Checksum': upload.checksum } : {};
    const answered = { 'Upload-Offset': String(upload.bytes.length), ...receipt };
    return new Response(null, { status: method === 'PATCH' ? 204 : 200, headers: answered });
  }
}

function setUp(source: MemorySource, server = new TusServer(), knownUrl: string | null = null) {
  const pauses: number[] = [];
  const states: string[] = [];
  const urls: (string | null)[] = [];
  const acknowledged: number[] = [];
  const refusals: (string | null)[] = [];
  const connection: Connection = {
    state: 'online',
    succeeded: () => {
      if (states.at(-1) !== 'online') states.push('online');
    },
    failed: (state) => states.push(state),
    pause: async (ms) => {
      pauses.push(ms);
      await new Promise((resolve) => setTimeout(resolve));
    },
    wake: () => {},
  };
  const listener: UploadListener = {
    metadata: () => ({ kind: 'take', filename: 'Take.ogg', title: 'Ä' }),
    onUrl: async (url) => void urls.push(url),
    onAcknowledged: (bytes) => void acknowledged.push(bytes),
    onRefusal: (message) => void refusals.push(message),
  };
  const abort = new AbortController();
  const desk = { fetch: server.fetch, uploadsUrl: UPLOADS, connection, random: () => 0.5 };
  const outcome = sendSegment(desk, source, knownUrl, listener, abort.signal);
  return { outcome, server, pauses, states, urls, acknowledged, refusals, abort };
}

describe('what an upload does next', () => {
  const situation = { url: 'u', offsetBytes: 10, sizeBytes: 10, isComplete: false, hasAudio: true };

  it('creates nothing before there is audio', () => {
    expect(nextStep({ ...situation, url: null, offsetBytes: null, hasAudio: false })).toEqual({
      kind: 'wait',
    });
    expect(nextStep({ ...situation, url: null, offsetBytes: null })).toEqual({ kind: 'create' });
  });

  it('asks where the server is when it does not know', () => {
    expect(nextStep({ ...situation, offsetBytes: null })).toEqual({ kind: 'head' });
  });

  it('waits at the end of a running segment, and closes a complete one with an empty request', () => {
    expect(nextStep(situation)).toEqual({ kind: 'wait' });
    expect(nextStep({ ...situation, isComplete: true })).toEqual({
      kind: 'patch',
      from: 10,
      to: 10,
      lengthBytes: 10,
    });
  });

  it('declares the length only with the last bytes, and never sends more than 8 MiB', () => {
    const large = { ...situation, sizeBytes: 20 * 1024 * 1024, isComplete: true };
    expect(nextStep(large)).toEqual({ kind: 'patch', from: 10, to: 10 + 8 * 1024 * 1024, lengthBytes: null });
    expect(nextStep({ ...large, offsetBytes: large.sizeBytes - 5 })).toEqual({
      kind: 'patch',
      from: large.sizeBytes - 5,
      to: large.sizeBytes,
      lengthBytes: large.sizeBytes,
    });
  });

  it('ends at the server’s offset when the server has more than this browser kept', () => {
    expect(nextStep({ ...situation, offsetBytes: 30, isComplete: true })).toEqual({
      kind: 'patch',
      from: 30,
      to: 30,
      lengthBytes: 30,
    });
  });
});

describe('sending a segment', () => {
  it('sends a complete one in one request that also closes it', async () => {
    const source = await MemorySource.complete(5_000);
    const { outcome, server, urls } = setUp(source);
    expect(await outcome).toEqual({ kind: 'sent', receipt: { recordingId: 'rec', checksum: source.sha256 } });
    expect(urls).toEqual([`${UPLOADS}/u1`]);
    expect(server.log).toEqual(['POST 201', 'PATCH at 0 length 5000 204']);
  });

  it('sends a growing one piece by piece and closes it when it is complete', async () => {
    const source = new MemorySource();
    const { outcome, server, acknowledged } = setUp(source);
    for (let i = 0; i < 5; i++) {
      source.grow(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await source.finish();
    expect((await outcome).kind).toBe('sent');
    expect(server.uploads.get('u1')?.bytes).toEqual(source.bytes);
    expect(acknowledged.at(-1)).toBe(5_000);
  });

  it('goes on after a reload where the server is, without creating anew', async () => {
    const source = await MemorySource.complete(3_000);
    const server = new TusServer();
    server.uploads.set('u1', { bytes: source.read(0, 1_200), checksum: null });
    expect((await setUp(source, server, `${UPLOADS}/u1`).outcome).kind).toBe('sent');
    expect(server.log).toEqual(['HEAD 200', 'PATCH at 1200 length 3000 204']);
  });

  it('learns from HEAD that a completion whose answer was lost did happen', async () => {
    const source = await MemorySource.complete(3_000);
    const server = new TusServer();
    server.faults = [null, 'answer-lost'];
    const { outcome, states, pauses } = setUp(source, server);
    expect((await outcome).kind).toBe('sent');
    expect(server.log).toEqual(['POST 201', 'PATCH at 0 length 3000 204', 'HEAD 200']);
    expect(states).toEqual(['online', 'retrying', 'online']);
    expect(pauses).toEqual([backOffMs(1, 0.5)]);
  });

  it('backs off further with each failure in a row, and starts over after a success', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    server.faults = ['no-answer', 503, 'no-answer', null, 'no-answer'];
    const { outcome, pauses } = setUp(source, server);
    expect((await outcome).kind).toBe('sent');
    expect(pauses).toEqual([1, 2, 3, 1].map((failures) => backOffMs(failures, 0.5)));
  });

  it('asks for the offset after a conflict', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    server.faults = [null, ({ uploads }) => uploads.set('u1', { bytes: source.read(0, 40), checksum: null })];
    expect((await setUp(source, server).outcome).kind).toBe('sent');
    expect(server.log).toEqual([
      'POST 201',
      'PATCH at 0 length 100 409',
      'HEAD 200',
      'PATCH at 40 length 100 204',
    ]);
  });

  it('begins anew from the first byte when the upload is gone', async () => {
    for (const status of [404, 410]) {
      const source = await MemorySource.complete(100);
      const server = new TusServer();
      server.faults = [status];
      const { outcome, urls } = setUp(source, server, `${UPLOADS}/lost`);
      expect((await outcome).kind).toBe('sent');
      expect(urls).toEqual([null, `${UPLOADS}/u1`]);
      expect(server.uploads.get('u1')?.bytes).toEqual(source.bytes);
    }
  });

  it('gives up in plain words when the server lost bytes that memory has let go', async () => {
    const source = await MemorySource.complete(3_000);
    source.letGoBefore = 2_000;
    const gone = await setUp(source, new TusServer(), `${UPLOADS}/u9`).outcome;
    expect(gone).toMatchObject({ kind: 'refused', message: expect.stringContaining('no longer has bytes') });
    const shorter = new TusServer();
    shorter.uploads.set('u1', { bytes: source.read(0, 1_999), checksum: null });
    expect((await setUp(source, shorter, `${UPLOADS}/u1`).outcome).kind).toBe('refused');
    const enough = new TusServer();
    enough.uploads.set('u1', { bytes: source.read(0, 2_000), checksum: null });
    expect((await setUp(source, enough, `${UPLOADS}/u1`).outcome).kind).toBe('sent');
  });

  it('sends the same bytes again when they were damaged on the way', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    server.faults = [null, 460];
    const { outcome, pauses } = setUp(source, server);
    expect((await outcome).kind).toBe('sent');
    expect(pauses).toEqual([]);
    expect(server.log).toEqual(['POST 201', 'PATCH 460', 'HEAD 200', 'PATCH at 0 length 100 204']);
  });

  it('waits for another writer', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    server.faults = [null, 423, 423];
    const { outcome, pauses } = setUp(source, server);
    expect((await outcome).kind).toBe('sent');
    expect(pauses).toEqual([1_000, 1_000]);
  });

  it('stays at it while nobody is logged in', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    server.faults = [401, 401];
    const { outcome, states } = setUp(source, server);
    expect((await outcome).kind).toBe('sent');
    expect(states).toEqual(['unauthorised', 'unauthorised', 'online']);
  });

  it('says that the server is full, and that it is no longer', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    server.faults = [null, 507];
    const { outcome, refusals } = setUp(source, server);
    expect((await outcome).kind).toBe('sent');
    expect(refusals).toEqual(['The server said 507.', null]);
  });

  it('gives up with the server’s sentence when that is final', async () => {
    for (const status of [400, 403, 413, 415]) {
      const source = await MemorySource.complete(100);
      const server = new TusServer();
      server.faults = [null, status];
      expect(await setUp(source, server).outcome).toEqual({
        kind: 'refused',
        message: `The server said ${status}.`,
      });
    }
  });

  it('does not take another checksum for its own', async () => {
    const source = await MemorySource.complete(100);
    const server = new TusServer();
    const other = await MemorySource.complete(120);
    server.uploads.set('u1', { bytes: other.bytes, checksum: other.sha256 });
    const { outcome } = setUp(source, server, `${UPLOADS}/u1`);
    expect(await outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining('checksum') });
  });

  it('creates nothing for a segment that ended before any sound', async () => {
    const source = new MemorySource();
    await source.finish();
    const { outcome, server } = setUp(source);
    expect(await outcome).toEqual({ kind: 'stopped' });
    expect(server.log).toEqual([]);
  });

  it('stops when the take is let go', async () => {
    const source = new MemorySource();
    source.grow(100);
    const { outcome, abort, server } = setUp(source);
    await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    source.grow(1);
    expect(await outcome).toEqual({ kind: 'stopped' });
    expect(server.uploads.get('u1')?.bytes.length).toBe(100);
  });
});

describe('the pause between attempts', () => {
  it('grows to ten seconds and is never the same for everyone', () => {
    expect(backOffMs(1, 0)).toBe(250);
    expect(backOffMs(1, 1)).toBe(500);
    expect(backOffMs(3, 1)).toBe(2_000);
    expect(backOffMs(50, 0)).toBe(5_000);
    expect(backOffMs(50, 1)).toBe(10_000);
  });
});
