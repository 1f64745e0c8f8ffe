import { request } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendRaw } from '../../test/raw-http.ts';
import { readScrape } from '../../test/scraped.ts';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import { LOCALHOST_TLS } from '../../test/tls-fixtures.ts';

let served: ServedRecorder;
beforeEach(async () => {
  served = await serveRecorder();
});
afterEach(() => served.close());

const scrape = async () => readScrape(await (await served.ask('/metrics')).text());
const COUNT = 'vrp_http_request_duration_seconds_count';

describe('requests', () => {
  it('are told by the pattern of their route, and by none where there is no such route', async () => {
    await served.ask('/api/recordings/01991234-5678-7abc-8def-0123456789ab');
    await served.ask('/api/recordings/something-else');
    await served.ask('/api/storage', { token: null });
    await served.ask('/no/such/page-1');
    await served.ask('/api/nothing-2');
    await sendRaw(served.server.port, 'GET /%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    const scraped = await scrape();
    expect(scraped.valueOf(COUNT, { route: '/api/recordings/:id', status: '4xx' })).toBe(2);
    expect(scraped.valueOf(COUNT, { route: '/api/storage', status: '4xx' })).toBe(1);
    const text = await (await served.ask('/metrics')).text();
    expect(text).not.toMatch(/something-else|page-1|nothing-2|%zz/);
  });

  it('whose asker leaves are told apart, and are in flight no longer', async () => {
    const leaving = new AbortController();
    const stream = await served.ask('/api/events', { signal: leaving.signal });
    expect(stream.status).toBe(200);
    // The scrape itself, and the stream.
    expect((await scrape()).valueOf('vrp_http_requests_in_flight')).toBe(2);
    leaving.abort();
    await expect.poll(async () => (await scrape()).valueOf('vrp_http_requests_in_flight')).toBe(1);
    expect((await scrape()).valueOf(COUNT, { route: '/api/events', status: 'aborted' })).toBe(1);
  });

  it('are counted with the bytes that came and went, while they come', async () => {
    const before = await scrape();
    const body = 'x'.repeat(200_000);
    await served.ask('/api/login', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const after = await scrape();
    const grown = (name: string) => (after.valueOf(name) ?? 0) - (before.valueOf(name) ?? 0);
    expect(grown('vrp_http_received_bytes_total')).toBeGreaterThan(1_000);
    expect(grown('vrp_http_sent_bytes_total')).toBeGreaterThan(10_000);
    expect(after.valueOf('vrp_http_connections_open')).toBeGreaterThan(0);
  });
});

describe('over TLS', () => {
  it('the bytes of bodies are counted as well', async () => {
    const secure = await serveRecorder({ tls: LOCALHOST_TLS });
    const ask = (path: string, body?: Buffer) =>
      new Promise<string>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${secure.token}`,
          ...(body && { 'tus-resumable': '1.0.0' }),
        };
        const wish = { method: body ? 'PUT' : 'GET', ca: LOCALHOST_TLS.cert, headers, agent: false };
        const asking = request(secure.server.baseUrl + path, wish, async (answer) =>
          resolve((await answer.toArray()).join('')),
        );
        asking.on('error', reject).end(body);
      });
    await ask('/api/nothing', Buffer.alloc(50_000));
    const scraped = readScrape(await ask('/metrics'));
    expect(scraped.valueOf('vrp_http_received_bytes_total')).toBeGreaterThan(50_000);
    expect(scraped.valueOf('vrp_http_sent_bytes_total')).toBeGreaterThan(1_000);
    await secure.close();
  });
});

describe('a scrape', () => {
  it('says what stays out of it, and nothing of it is kept on the way', async () => {
    const answer = await served.ask('/metrics');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(readScrape(await answer.text()).valueOf('vrp_collector_success')).toBe(5);
    served.recorder.jobs.load = () => Promise.reject(new Error('gone'));
    served.recorder.room = () => Promise.reject(new Error('gone'));
    await expect
      .poll(async () => (await scrape()).valueOf('vrp_collector_success'), { interval: 1_000 })
      .toBe(3);
  });
});
