import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from '../../test/raw-http.ts';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';

const HTML = { accept: 'text/html,application/xhtml+xml' };
let served: ServedRecorder;
let webFolder: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-web-'));
  await writeFile(join(folder, 'secret.txt'), 'secret');
  webFolder = join(folder, 'web');
  await mkdir(join(webFolder, 'assets'), { recursive: true });
  await writeFile(join(webFolder, 'index.html'), '<!doctype html><title>Voice Recorder Pro</title>');
  await writeFile(join(webFolder, 'service-worker.js'), 'self.x = 1;');
  await writeFile(join(webFolder, 'assets', 'main-abc123.js'), 'export {};');
  await writeFile(join(webFolder, '.env'), 'secret');
  served = await serveRecorder({ webFolder });
});
afterAll(async () => {
  await served.close();
  await rm(join(webFolder, '..'), { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  served.ask(path, { token: null, headers });

describe('the page', () => {
  it('is open to everybody, asked for anew each time, and may run its own scripts only', async () => {
    for (const path of ['/', '/index.html', '/recordings/some-id', '/?query=x']) {
      const answer = await get(path, HTML);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toContain('<title>');
    }
    const { headers } = await get('/', HTML);
    const csp = headers.get('content-security-policy') ?? '';
    expect(csp).toContain("default-src 'self'");
    expect(csp).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(csp).toContain("worker-src 'self' blob:");
    expect(csp).toContain("media-src 'self' blob:");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|upgrade-insecure-requests/);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    });
    expect(headers.get('permissions-policy')).toContain('microphone=(self)');
    expect(headers.has('strict-transport-security')).toBe(false);
  });

  it('keeps files with a hash in their name for good, and no other', async () => {
    const asset = await get('/assets/main-abc123.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toMatch(/javascript/);
    const worker = await get('/service-worker.js');
    expect(worker.headers.get('cache-control')).toBe('no-cache');
    const { port } = served.server;
    const again = await sendRaw(
      port,
      `GET /service-worker.js HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
        `If-None-Match: ${worker.headers.get('etag')}\r\nConnection: close\r\n\r\n`,
    );
    expect(again.status).toBe(304);
  });

  it('does not stand in for missing files, nor for the API', async () => {
    for (const path of ['/assets/main-old.js', '/missing.png', '/nothing']) {
      const answer = await get(path, path.includes('.') ? HTML : { accept: '*/*' });
      expect(answer.status, path).toBe(404);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toMatchObject({ code: 'route-unknown' });
    }
    expect((await get('/api/nothing', HTML)).status).toBe(401);
    expect((await get('/api', HTML)).status).toBe(401);
    expect((await served.ask('/', { method: 'POST' })).status).toBe(404);
  });

  it('gives out nothing from beside its folder, and nothing hidden', async () => {
    const { port } = served.server;
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '//secret.txt',
      '/.env',
      '/%00',
      '/index.html%00.txt',
      '/assets/',
    ]) {
      const answer = await sendRaw(
        port,
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.text, path).not.toMatch(/\r\n\r\nsecret/);
      expect([400, 404], path).toContain(answer.status);
    }
  });
});

describe('another loopback name', () => {
  it('leads to the one origin of the page, wherever in it', async () => {
    const { port } = served.server;
    for (const path of ['/', '/recordings/x?y=1', '/assets/main-abc123.js']) {
      const answer = await sendRaw(
        port,
        `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.status).toBe(307);
      expect(answer.headers.get('location')).toBe(`http://127.0.0.1:${port}${path}`);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('never leads away from here', async () => {
    const { port } = served.server;
    const answer = await sendRaw(
      port,
      `GET //evil.example/x HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.headers.get('location')).toBe(`http://127.0.0.1:${port}/evil.example/x`);
  });

  it('serves the API to programs', async () => {
    const { port } = served.server;
    const answer = await sendRaw(
      port,
      `GET /api/health/live HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.status).toBe(200);
  });
});

describe('a page that was not built', () => {
  it('is missed in one sentence that says how to build it', async () => {
    const own = await serveRecorder({ webFolder: join(webFolder, 'missing') });
    const answer = await own.ask('/', { token: null, headers: HTML });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/^The web recorder has not been built: run "npm run build"/);
    await own.close();
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and knows the shape of a recording', async () => {
    const api = (await (await served.ask('/api/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, { get?: { responses: Record<string, { content: object }> } }>;
    };
    expect(api.openapi).toBe('3.1.0');
    const answer = api.paths['/api/recordings/{id}']?.get?.responses['200'];
    expect(JSON.stringify(answer)).toContain('storedFilename');
    expect(Object.keys(api.paths).some((path) => path.includes('*'))).toBe(false);
  });
});
