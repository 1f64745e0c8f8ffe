import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';

async function listen(served: ServedRecorder): Promise<{ next(): Promise<string>; isOver: Promise<void> }> {
  const answer = await served.ask('/api/events');
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let isOver: () => void;
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  return {
    isOver: over,
    next: async () => {
      const { done, value } = await reader.read();
      if (done) isOver();
      return value ?? '';
    },
  };
}

/** A PATCH of which only the first bytes are sent. */
async function beginPatch(served: ServedRecorder): Promise<{ id: string; isClosed: Promise<unknown> }> {
  const headers = { 'tus-resumable': '1.0.0', 'upload-length': '5000' };
  const created = await served.ask('/api/uploads', { method: 'POST', headers });
  const path = created.headers.get('location') ?? '';
  const socket = connect(served.server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const lines = [
    `PATCH ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${served.server.port}`,
    `Authorization: Bearer ${served.token}`,
    'Tus-Resumable: 1.0.0',
    'Content-Type: application/offset+octet-stream',
    'Upload-Offset: 0',
    'Content-Length: 5000',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${'z'.repeat(700)}`);
  await wait(100);
  return { id: path.split('/').pop() ?? '', isClosed: once(socket, 'close') };
}

describe('events', () => {
  it('arrive named by their type, to who may see recordings', async () => {
    const served = await serveRecorder();
    const events = await listen(served);
    expect(await events.next()).toBe('retry: 2000\n\n');
    const recording = served.recorder.addRecording(Buffer.from('abc'));
    const [name, data] = (await events.next()).trimEnd().split('\n');
    expect(name).toBe('event: recording-added');
    expect(JSON.parse(data!.replace(/^data: /, ''))).toEqual({ type: 'recording-added', recording });
    const token = await served.recorder.access.addToken('studio', 'record');
    expect((await served.ask('/api/events', { token })).status).toBe(403);
    await served.close();
  });

  it('are no longer collected for a listener that left', async () => {
    const served = await serveRecorder();
    const abort = new AbortController();
    await served.ask('/api/events', { signal: abort.signal });
    expect(served.recorder.listenerCount).toBe(1);
    abort.abort();
    for (let attempt = 0; attempt < 100 && served.recorder.listenerCount > 0; attempt++) await wait(20);
    expect(served.recorder.listenerCount).toBe(0);
    await served.close();
  });

  it('end for a listener that reads nothing, before it fills the memory', async () => {
    const served = await serveRecorder();
    const socket = connect(served.server.port, '127.0.0.1');
    socket.pause();
    socket.write(
      `GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${served.server.port}\r\nAuthorization: Bearer ${served.token}\r\n\r\n`,
    );
    for (let attempt = 0; attempt < 100 && served.recorder.listenerCount === 0; attempt++) await wait(20);
    const recording = served.recorder.addRecording(Buffer.from('abc'), { notes: 'n'.repeat(100_000) });
    for (let sent = 0; sent < 400 && served.recorder.listenerCount > 0; sent++) {
      served.recorder.emit({ type: 'recording-changed', recording });
      if (sent % 20 === 0) await wait(1);
    }
    expect(served.recorder.listenerCount).toBe(0);
    socket.destroy();
    await served.close();
  });
});

describe('health', () => {
  it('is one word, for everybody', async () => {
    const served = await serveRecorder();
    const wordOf = async (path: string) => {
      const answer = await served.ask(path, { token: null });
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await wordOf('/api/health/live')).toBe('200 live');
    expect(await wordOf('/api/health/ready')).toBe('200 ready');
    served.recorder.isHealthy = false;
    expect(await wordOf('/api/health/ready')).toBe('503 unready');
    await served.close();
  });
});

describe('closing', () => {
  it('keeps what a running upload had sent, and ends listeners and idle connections by itself', async () => {
    const served = await serveRecorder();
    const events = await listen(served);
    await events.next();
    const patch = await beginPatch(served);
    const idle = connect(served.server.port, '127.0.0.1');
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    await served.server.close();
    await events.next();
    await events.isOver;
    await patch.isClosed;
    if (!idle.closed) await once(idle, 'close');
    expect(served.recorder.received(patch.id).length).toBe(700);
    await expect(served.ask('/api/health/live')).rejects.toThrow();
    await served.close();
  });

  it('may be asked for twice', async () => {
    const served = await serveRecorder();
    await Promise.all([served.server.close(), served.server.close()]);
    await served.close();
  });
});

describe('starting', () => {
  it('refuses a port that is taken, and says so', async () => {
    const served = await serveRecorder();
    await expect(serveRecorder({ port: served.server.port })).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining(String(served.server.port)),
    });
    await served.close();
  });

  it('refuses an address that others can reach, and one this machine does not have', async () => {
    await expect(serveRecorder({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'address-not-loopback' });
    await expect(serveRecorder({ host: '192.0.2.1', isInsecureAllowed: true })).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('listens on every address when told twice, and names the one of this machine', async () => {
    const served = await serveRecorder({ host: '0.0.0.0', isInsecureAllowed: true });
    expect(served.server.baseUrl).toBe(`http://127.0.0.1:${served.server.port}`);
    expect((await served.ask('/api/health/live')).status).toBe(200);
    await served.close();
  });
});

describe('the log', () => {
  it('tells who changed what, without secrets', async () => {
    const served = await serveRecorder();
    const { id } = served.recorder.addRecording(Buffer.from('abc'));
    await served.ask(`/api/recordings/${id}`, { method: 'DELETE' });
    await served.ask(`/api/recordings/${id}?token=${served.token}`);
    const code = served.recorder.access.issueLoginCode();
    const headers = { 'content-type': 'application/json' };
    const login = await served.ask('/api/login', { method: 'POST', headers, body: JSON.stringify({ code }) });
    const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!;
    await served.ask('/api/session', { token: null, headers: { cookie } });
    await served.close();
    const log = served.log();
    const line = log.split('\n').find((text) => text.includes('"DELETE"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ path: `/api/recordings/${id}`, status: 200, actor: 'owner' });
    for (const secret of [served.token, code, cookie.split('=')[1]!]) expect(log).not.toContain(secret);
  });
});
