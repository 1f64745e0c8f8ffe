import { mkdtemp, open as openFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { voiceSamples, writeWav } from '../../test/voice-wav.ts';
import { openLog, stderrTarget } from '../log/open-log.ts';
import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { type RunningServer, startServer } from './start-server.ts';

/* What clients are told while the catalogue of a running server is taken away, torn or written by strangers. */

const logger = openLog({ targets: [stderrTarget('silent')] });
let home: string;
let file: string;
let id: string;
let recorder: VoiceRecorder;
let server: RunningServer;
let token: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-broken-'));
  const dataDir = join(home, 'store');
  file = join(dataDir, 'catalogue.sqlite');
  const overrides = { stateDir: join(home, 'state') };
  recorder = await openVoiceRecorder({ environment: 'testing', dataDir, overrides, runsJobs: false });
  server = await startServer({
    recorder,
    host: '127.0.0.1',
    port: 0,
    webFolder: null,
    version: '0.0.0',
    logger,
  });
  token = await recorder.access.ownerToken();
  const sound = join(home, 'Harbour.wav');
  writeWav(sound, voiceSamples(0.2, 8_000, 1), 8_000);
  id = (await recorder.library.importFile(sound)).id ?? '';
});
afterEach(async () => {
  await server.close();
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(server.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  return { status: answer.status, said: isJson ? JSON.parse(text) : text };
}

const amend = (amendment: Readonly<Record<string, unknown>>) =>
  ask('PATCH', `/api/recordings/${id}`, amendment);

describe('a server whose catalogue', () => {
  it('is deleted acknowledges nothing, says so, and goes on once it is back', async () => {
    await rename(file, `${file}-away`);
    const first = await amend({ title: 'Lost' });
    // Something behind the requests may have met it before.
    if (first.status !== 503)
      expect(first).toMatchObject({
        status: 500,
        said: { code: 'catalogue-missing', detail: expect.stringContaining(file) },
      });
    const refusal = async () => {
      const { status, said } = await amend({ title: 'Lost' });
      return [status, said.code];
    };
    await expect.poll(refusal).toEqual([503, 'catalogue-unavailable']);
    expect((await ask('GET', '/api/health/ready')).status).toBe(503);
    // Who only wants to know whether the process runs is told so.
    expect((await ask('GET', '/api/health/live')).status).toBe(200);
    await rename(`${file}-away`, file);
    await expect.poll(async () => (await ask('GET', '/api/health/ready')).status).toBe(200);
    // Whether what was not acknowledged is there is for nobody to know.
    expect(await amend({ notes: 'back' })).toMatchObject({ status: 200, said: { notes: 'back' } });
  });

  it('has a torn row tells of that row, and serves the others', async () => {
    const other = join(home, 'Market.wav');
    writeWav(other, voiceSamples(0.2, 8_000, 2), 8_000);
    const sound = (await recorder.library.importFile(other)).id ?? '';
    using stranger = new DatabaseSync(file, { timeout: 0 });
    const tear = stranger.prepare("UPDATE recordings SET document = '{\"torn' WHERE id = ?");
    // Waiting for the lock would block the thread that is to give it up.
    const tried = () => {
      try {
        return tear.run(id).changes;
      } catch {
        return 'locked';
      }
    };
    await expect.poll(tried).toBe(1);
    for (const [method, path] of [
      ['GET', `/api/recordings/${id}`],
      ['POST', `/api/recordings/${id}/verify`],
      ['DELETE', `/api/recordings/${id}`],
    ] as const) {
      expect(await ask(method, path), path).toMatchObject({
        status: 500,
        said: {
          code: 'catalogue-damaged',
          detail: expect.stringMatching(`recording ${id} is damaged.*vrp rebuild`),
        },
      });
    }
    expect((await ask('GET', `/api/recordings/${sound}`)).status).toBe(200);
    expect((await ask('GET', '/api/health/ready')).status).toBe(200);
  });

  it('has torn pages says so and keeps running', async () => {
    for (let n = 0; n < 40; n++) await amend({ notes: `${n} `.repeat(20_000) });
    await recorder.backups.create();
    using stranger = new DatabaseSync(file, { timeout: 30_000 });
    stranger.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const handle = await openFile(file, 'r+');
    const { size } = await handle.stat();
    // All but the first pages: which of them a request needs is the database's own business.
    await handle.write(Buffer.alloc(size - 8 * 4096, 0xa5), 0, size - 8 * 4096, 8 * 4096);
    await handle.close();
    const codes = new Set<string>();
    for (let n = 0; n < 3; n++) {
      for (const path of [
        '/api/recordings',
        `/api/recordings/${id}`,
        '/api/tags',
        '/api/recordings?query=harb',
      ])
        codes.add((await ask('GET', path)).said.code ?? 'answered');
      codes.add((await amend({ title: `Title ${n}` })).said.code ?? 'answered');
    }
    codes.delete('answered');
    expect(codes).toContain('catalogue-damaged');
    expect(
      [...codes].filter((code) => code !== 'catalogue-damaged' && code !== 'catalogue-unavailable'),
    ).toEqual([]);
    expect((await ask('GET', '/api/health/live')).status).toBe(200);
  });
});

describe('a title', () => {
  it('of 100 KB, with a NUL or without a letter is refused with a sentence and changes nothing', async () => {
    for (const title of ['x'.repeat(100_000), '🎙'.repeat(25_000), 'a\0b', ' \t\n', 7, null]) {
      expect(await amend({ title }), String(title).slice(0, 20)).toMatchObject({
        status: 400,
        said: { code: 'invalid-input', detail: expect.stringMatching(/\.$/) },
      });
    }
    expect((await ask('GET', `/api/recordings/${id}`)).said).toMatchObject({ title: 'Harbour', version: 1 });
  });

  it('with quotes, emoji or what looks like SQL is kept as it is, and can be searched for', async () => {
    for (const title of ['"; DROP TABLE recordings; --', "l'été", '👩‍🚀 🇨🇭', '\u202eabc', '\\"%_*']) {
      expect(await amend({ title }), title).toMatchObject({
        status: 200,
        said: { title: title.normalize('NFC') },
      });
      const found = await ask('GET', `/api/recordings?query=${encodeURIComponent(title)}`);
      expect(found, title).toMatchObject({
        status: 200,
        said: { items: /[a-z]/.test(title) ? [{ id }] : [] },
      });
    }
  });
});
