import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog, stderrTarget } from '../src/log/open-log.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { type RunningServer, startServer } from '../src/serve/start-server.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { promtool, whyNoPromtool } from './promtool.ts';
import { readScrape } from './scraped.ts';
import { sha256 } from './sha256.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

/* What a real server over a real store tells Prometheus. */

const TITLE = 'Gespräch mit Zeugin Nr. 7';
const FILENAME = 'geheim-tonband.wav';
const whyNot = whyNoPromtool();
if (whyNot) console.warn(`NOT TESTED: ${whyNot}`);

let home: string;
let recorder: VoiceRecorder;
let server: RunningServer;
let owner: string;
let scraper: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-metrics-'));
  recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: join(home, 'store'),
    overrides: { stateDir: join(home, 'state') },
  });
  server = await startServer({
    recorder,
    host: '127.0.0.1',
    port: 0,
    webFolder: null,
    version: '1.2.3',
    logger: openLog({ targets: [stderrTarget('silent')] }),
  });
  owner = await recorder.access.ownerToken();
  scraper = await recorder.access.addToken('prometheus', 'metrics');
});
afterEach(async () => {
  await server.close();
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

function ask(path: string, wish: RequestInit = {}, token = owner): Promise<Response> {
  return fetch(server.baseUrl + path, {
    ...wish,
    headers: { authorization: `Bearer ${token}`, ...wish.headers },
  });
}

async function scrapeText(): Promise<string> {
  const answer = await ask('/metrics', {}, scraper);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return await answer.text();
}

const scrape = async () => readScrape(await scrapeText());

/** Begins a take and sends the first half of it; the returned function sends the rest. */
async function beginTake(bytes: Buffer): Promise<() => Promise<string>> {
  const tus = { 'tus-resumable': '1.0.0' };
  const said = { title: TITLE, filename: FILENAME, kind: 'take', takeId: 'take-1', segment: '1' };
  const metadata = Object.entries(said).map(
    ([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`,
  );
  const created = await ask('/api/uploads', {
    method: 'POST',
    headers: { ...tus, 'upload-length': String(bytes.length), 'upload-metadata': metadata.join(',') },
  });
  expect(created.status).toBe(201);
  const location = created.headers.get('location') ?? '';
  const send = async (from: number, to: number, checksum?: string) => {
    const piece = bytes.subarray(from, to);
    const digest = Buffer.from(checksum ?? sha256(piece), 'hex').toString('base64');
    const headers = {
      ...tus,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(from),
      'upload-checksum': `sha256 ${digest}`,
    };
    return await ask(location, { method: 'PATCH', headers, body: new Uint8Array(piece) });
  };
  const half = Math.floor(bytes.length / 2);
  expect((await send(0, half)).status).toBe(204);
  expect((await send(half, bytes.length, sha256(Buffer.from('something else')))).status).toBe(460);
  return async () => (await send(half, bytes.length)).headers.get('recording-id') ?? '';
}

describe('a scrape', () => {
  it('tells what came in, what was refused, what was read again, and what waits', async () => {
    const bytes = wavBytes(voiceSamples(1, 16_000, 1), 16_000);
    const finish = await beginTake(bytes);
    const during = await scrape();
    expect(during.valueOf('vrp_uploads_arriving', { kind: 'take' })).toBe(1);
    expect(during.valueOf('vrp_upload_acknowledged_bytes_total', { kind: 'take' })).toBe(
      Math.floor(bytes.length / 2),
    );
    expect(during.valueOf('vrp_upload_refusals_total', { code: 'checksum-mismatch' })).toBe(1);
    expect(during.valueOf('vrp_recordings_added_total', { kind: 'take' })).toBe(0);
    const id = await finish();
    await recorder.verification.verify(id);
    const { storedFilename } = (await recorder.library.find(id))!;
    const file = await open(join(home, 'store', storedFilename), 'r+');
    await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, 100);
    await file.close();
    await recorder.verification.verify(id);
    // Figures that cost a query are kept for some seconds.
    const scrapeOf = async (name: string, labels: Record<string, string>) =>
      (await scrape()).valueOf(name, labels);
    await expect.poll(() => scrapeOf('vrp_storage_kept_files', { kind: 'originals' })).toBe(1);
    await expect.poll(() => scrapeOf('vrp_verification_faulty_recordings', { result: 'damaged' })).toBe(1);
    const after = await scrape();
    expect(after.valueOf('vrp_uploads_arriving', { kind: 'take' })).toBe(0);
    expect(after.valueOf('vrp_upload_acknowledged_bytes_total')).toBe(bytes.length);
    expect(after.valueOf('vrp_recordings_added_total')).toBe(1);
    expect(after.valueOf('vrp_verification_checks_total', { result: 'ok' })).toBe(1);
    expect(after.valueOf('vrp_verification_checks_total', { result: 'damaged' })).toBe(1);
    // A damaged one is read twice before it is called so.
    expect(after.valueOf('vrp_verification_read_bytes_total')).toBe(3 * bytes.length);
    expect(after.valueOf('vrp_storage_kept_bytes', { kind: 'originals' })).toBe(bytes.length);
    expect(after.valueOf('vrp_http_request_duration_seconds_count', { route: '/api/uploads/:id' })).toBe(3);
    expect(after.valueOf('vrp_http_request_duration_seconds_count', { method: 'POST', status: '2xx' })).toBe(
      1,
    );
    expect(after.valueOf('vrp_http_received_bytes_total')).toBeGreaterThan(bytes.length);
    expect(after.valueOf('vrp_http_requests_in_flight')).toBe(1);
    expect(after.valueOf('vrp_database_session_duration_seconds_count', { mode: 'write' })).toBeGreaterThan(
      0,
    );
    expect(after.valueOf('vrp_storage_recording_seconds_left', { preset: 'voice' })).toBeGreaterThan(60);
    const { node, sqlite } = process.versions;
    expect(after.valueOf('vrp_build_info', { version: '1.2.3', node, sqlite: sqlite ?? '' })).toBe(1);
    expect(after.valueOf('vrp_collector_success')).toBe(5);
    expect(after.valueOf('vrp_health_check_status', { check: 'disk-space' })).toBeDefined();
    expect(after.valueOf('vrp_health_check_value', { check: 'disk-space' })).toBeGreaterThan(0);
  });

  it('never holds a title, a name of a file, a path, an id or a token', async () => {
    const finish = await beginTake(wavBytes(voiceSamples(1, 16_000, 2), 16_000));
    const id = await finish();
    const source = join(home, FILENAME);
    await writeFile(source, wavBytes(voiceSamples(1, 16_000, 3), 16_000));
    await recorder.library.importFile(source, { title: TITLE });
    await writeFile(source, 'no audio at all');
    await recorder.library.importFile(source, { title: TITLE });
    await ask(`/api/recordings/${id}`);
    await ask(`/api/tokens/${encodeURIComponent('prometheus')}x`, { method: 'DELETE' });
    await ask(`/nothing/${TITLE}?token=${owner}`);
    await ask(`/api/recordings?query=${encodeURIComponent(TITLE)}`);
    const text = await scrapeText();
    for (const secret of [
      TITLE,
      'Zeugin',
      FILENAME,
      'tonband',
      home,
      id,
      owner,
      scraper,
      'take-1',
      'prometheus"',
    ])
      expect(text).not.toContain(secret);
    // Ids and paths of anything else.
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|\/tmp|\/home|\.wav/);
  });

  it.skipIf(whyNot)('is what promtool takes for sound, with a help for each name', async () => {
    await (await beginTake(wavBytes(voiceSamples(1, 16_000, 4), 16_000)))();
    expect(promtool(['check', 'metrics'], await scrapeText())).toEqual({ status: 0, said: '' });
  });

  it('is answered while the database is torn, with the room there is and without what is not known', async () => {
    const id = await (await beginTake(wavBytes(voiceSamples(1, 16_000, 5), 16_000)))();
    for (let n = 0; n < 20; n++) await recorder.library.amend(id, { notes: `${n} `.repeat(20_000) });
    // The token was accepted once; from then on it needs no database.
    expect((await ask('/api/session', {}, scraper)).status).toBe(403);
    const file = join(home, 'store', 'catalogue.sqlite');
    using stranger = new DatabaseSync(file, { timeout: 30_000 });
    stranger.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const handle = await open(file, 'r+');
    const { size } = await handle.stat();
    await handle.write(Buffer.alloc(size - 8 * 4096, 0xa5), 0, size - 8 * 4096, 8 * 4096);
    await handle.close();
    const known = async () => {
      const scraped = await scrape();
      return ['room', 'storage'].map((collector) => scraped.valueOf('vrp_collector_success', { collector }));
    };
    await expect.poll(known).toEqual([1, 0]);
    const torn = await scrape();
    expect(torn.valueOf('vrp_storage_free_bytes')).toBeGreaterThan(0);
    expect(torn.types.get('vrp_storage_kept_bytes')).toBe('gauge');
    expect(torn.valueOf('vrp_storage_kept_bytes')).toBeUndefined();
    expect(torn.valueOf('vrp_scrape_errors_total', { collector: 'storage' })).toBeGreaterThan(0);
    expect(torn.valueOf('vrp_database_sessions_failed_total')).toBeGreaterThan(0);
  });

  it('shows the circuit breaker open while the database is gone, and closed once it is back', async () => {
    const id = await (await beginTake(wavBytes(voiceSamples(1, 16_000, 6), 16_000)))();
    await scrape();
    const writeBreaker = async (state: string) =>
      (await scrape()).valueOf('vrp_database_breaker_state', { mode: 'write', state });
    expect(await writeBreaker('closed')).toBe(1);
    const file = join(home, 'store', 'catalogue.sqlite');
    await rename(file, `${file}-away`);
    const body = JSON.stringify({ notes: 'lost' });
    const headers = { 'content-type': 'application/json' };
    const amend = async () => (await ask(`/api/recordings/${id}`, { method: 'PATCH', headers, body })).status;
    await expect.poll(amend).toBe(503);
    expect(await writeBreaker('closed')).toBe(0);
    await rename(`${file}-away`, file);
    await expect.poll(async () => (await ask('/api/health/ready')).status).toBe(200);
    expect(await writeBreaker('closed')).toBe(1);
  });
});
