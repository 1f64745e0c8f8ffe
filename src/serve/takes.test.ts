import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeFixture } from '../../test/audio-fixtures.ts';
import { decodeSamples } from '../../test/decoded-samples.ts';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { ListedRecording, Recording } from '../model/recording.ts';
import type { Take } from '../model/take.ts';
import type { TakeGap } from '../model/take-timeline.ts';
import { openVoiceRecorder } from '../open.ts';
import type { PeaksView, VoiceRecorder } from '../voice-recorder.ts';
import { recordingPageSchema, takeSchema } from './recording-schema.ts';
import { type RunningServer, startServer } from './start-server.ts';

const SECONDS = [2.5, 1.25, 3];
let fixtures: string;
let opus: Buffer[];
let flac: Buffer[];
beforeAll(async () => {
  fixtures = mkdtempSync(join(tmpdir(), 'vrp-takes-fixtures-'));
  const encode = async (kind: 'opus' | 'flac', index: number, seconds: number) => {
    const wav = join(fixtures, `${kind}-${index}.wav`);
    await writeFile(wav, wavBytes(voiceSamples(seconds, 48_000, index + 1), 48_000));
    const path = join(fixtures, `${index}.${kind}`);
    if (kind === 'flac') encodeFixture(wav, path, 'flac', 'flac');
    else encodeFixture(wav, path, 'libopus', 'ogg', { page_duration: '800000' });
    return readFile(path);
  };
  opus = await Promise.all(SECONDS.map((seconds, index) => encode('opus', index, seconds)));
  flac = await Promise.all(SECONDS.map((seconds, index) => encode('flac', index, seconds)));
});
afterAll(() => rmSync(fixtures, { recursive: true }));

/** The real house behind the real server. */
let dataDir: string;
let recorder: VoiceRecorder;
let server: RunningServer;
let token: string;
let events: RecorderEvent[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vrp-takes-'));
  recorder = await openVoiceRecorder({ environment: 'testing', dataDir, runsJobs: false });
  events = [];
  recorder.subscribe((event) => events.push(event));
  server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0.0.0' });
  token = await recorder.access.ownerToken();
});
afterEach(async () => {
  await server.close();
  await recorder.close();
  await rm(dataDir, { recursive: true, force: true });
});

function ask(path: string, wish: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, ...wish.headers };
  return fetch(server.baseUrl + path, { ...wish, headers });
}

async function take(takeId = 'walk-1'): Promise<Take> {
  const found = (await (await ask(`/api/takes/${takeId}`)).json()) as Take;
  takeSchema.parse(found);
  return found;
}

interface Sent {
  readonly takeId?: string;
  readonly gapBefore?: TakeGap;
  readonly isCut?: boolean;
}

/** Sends one segment as a recorder does; `isCut` stops before its last byte. */
async function send(bytes: Buffer, segment: number, { takeId = 'walk-1', gapBefore, isCut }: Sent = {}) {
  const words = {
    kind: 'take',
    filename: `Walk ${segment}.ogg`,
    title: 'Walk',
    takeId,
    segment: String(segment),
    ...(gapBefore ? { gapCause: gapBefore.cause, gapSeconds: String(gapBefore.durationSeconds ?? '') } : {}),
  };
  const metadata = Object.entries(words)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
  const tus = { 'tus-resumable': '1.0.0' };
  const created = await ask('/api/uploads', {
    method: 'POST',
    headers: { ...tus, 'upload-length': String(bytes.length), 'upload-metadata': metadata },
  });
  expect(created.status).toBe(201);
  const path = created.headers.get('location') ?? '';
  const headers = { ...tus, 'content-type': 'application/offset+octet-stream' };
  const append = (from: number, to: number) =>
    ask(path, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': String(from) },
      body: new Uint8Array(bytes.subarray(from, to)),
    });
  const end = isCut ? bytes.length - 1 : bytes.length;
  await append(0, end);
  return { finish: async () => (await append(end, bytes.length)).headers.get('recording-id') ?? '' };
}

async function sendAll(segments: readonly Buffer[]): Promise<void> {
  for (const [index, bytes] of segments.entries())
    await send(bytes, index, index ? { gapBefore: { durationSeconds: index * 2, cause: 'reload' } } : {});
}

async function joinedSamples(): Promise<{
  planes: readonly Buffer[];
  sampleCount: number;
  errorCount: number;
}> {
  const answer = await ask('/api/takes/walk-1/audio');
  expect(answer.status).toBe(200);
  const path = join(dataDir, `heard-${Date.now()}`);
  await writeFile(path, Buffer.from(await answer.arrayBuffer()));
  return decodeSamples(path);
}

describe('a take of several segments', () => {
  it('is told as one, and its joined audio holds every sample at the places that are told', async () => {
    await sendAll(opus);
    const { segments } = await take();
    await recorder.library.amend(segments[1]!.id, { markers: [{ atSeconds: 0.5, label: 'bell' }] });
    const heard = await joinedSamples();
    expect(heard.errorCount).toBe(0);
    const told = await take();
    expect(told).toMatchObject({
      title: 'Walk',
      missingSegments: [],
      isComplete: true,
      hasExactPositions: true,
      joined: { mimeType: 'audio/ogg', codec: 'opus', isCopy: true, filename: 'Walk.opus' },
      joinedProblem: null,
    });
    expect(told.segments.map(({ segment }) => segment)).toEqual([0, 1, 2]);
    expect(told.duration).toBeCloseTo(6.75, 2);
    expect(told.gaps).toEqual([
      { afterSegment: 0, atSeconds: told.startsSeconds[1], durationSeconds: 2, cause: 'reload' },
      { afterSegment: 1, atSeconds: told.startsSeconds[2], durationSeconds: 4, cause: 'reload' },
    ]);
    expect(told.markers).toEqual([{ atSeconds: told.startsSeconds[1]! + 0.5, label: 'bell' }]);
    for (const [index] of opus.entries()) {
      const own = decodeSamples(join(fixtures, `${index}.opus`)).planes[0]!;
      const start = Math.round(told.startsSeconds[index]! * 48_000) * 4;
      expect(heard.planes[0]!.subarray(start, start + own.length).equals(own)).toBe(true);
    }
  });

  it('answers ranges under an ETag of its segments, and peaks over all of them', async () => {
    await sendAll(flac);
    const whole = await ask('/api/takes/walk-1/audio');
    const bytes = Buffer.from(await whole.arrayBuffer());
    const etag = whole.headers.get('etag')!;
    const part = await ask('/api/takes/walk-1/audio', {
      headers: { range: 'bytes=1000-1999', 'if-range': etag },
    });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));
    expect((await ask('/api/takes/walk-1/audio', { headers: { 'if-none-match': etag } })).status).toBe(304);
    const playable = await ask('/api/takes/walk-1/audio?rendition=playable');
    expect(playable.headers.get('content-type')).toBe('audio/flac');
    const peaks = (await (await ask('/api/takes/walk-1/peaks?width=50')).json()) as PeaksView;
    expect(peaks.durationSeconds).toBeCloseTo(6.75, 6);
    expect(peaks.max).toHaveLength(50);
    const early = (await (await ask('/api/takes/walk-1/peaks?from=0&to=1&width=10')).json()) as PeaksView;
    expect(early.toSeconds).toBe(1);
  });

  it('is joined anew when a further segment comes, and the old file goes', async () => {
    await sendAll(opus.slice(0, 2));
    const before = (await ask('/api/takes/walk-1/audio')).headers.get('etag');
    await ask('/api/takes/walk-1/peaks');
    await send(opus[2]!, 2);
    const after = await ask('/api/takes/walk-1/audio');
    expect(after.headers.get('etag')).not.toBe(before);
    await after.arrayBuffer();
    const names = await readdir(join(dataDir, 'derived/take-walk-1'));
    expect(names.map((name) => name.replace(/-[0-9a-f]{16}/, '')).sort()).toEqual([
      'joined.json',
      'joined.opus',
    ]);
    await rm(join(dataDir, 'derived'), { recursive: true });
    const again = await ask('/api/takes/walk-1/audio');
    expect(again.headers.get('etag')).toBe(after.headers.get('etag'));
    await again.arrayBuffer();
  });

  it('names what is missing, and knows while a segment is on its way', async () => {
    await send(opus[0]!, 0);
    const running = await send(opus[2]!, 3, {
      isCut: true,
      gapBefore: { durationSeconds: null, cause: 'asleep' },
    });
    expect(await take()).toMatchObject({ isComplete: false, missingSegments: [] });
    await running.finish();
    expect(await take()).toMatchObject({
      isComplete: true,
      missingSegments: [1, 2],
      gaps: [{ afterSegment: 0, durationSeconds: null, cause: 'segment-missing' }],
    });
  });

  it('is amended, trashed and restored as one, against its version', async () => {
    await sendAll(opus);
    const seen = await take();
    const change = (version: string, body: unknown) =>
      ask('/api/takes/walk-1', {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
        body: JSON.stringify(body),
      });
    events = [];
    const answer = await change(seen.version, { title: 'Sunday walk', tags: ['dunes'] });
    const changed = (await answer.json()) as Take;
    expect(answer.headers.get('etag')).toBe(`"${changed.version}"`);
    expect(changed.segments.map(({ title, tags }) => [title, tags])).toEqual(
      Array.from({ length: 3 }, () => ['Sunday walk', ['dunes']]),
    );
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => 'recording-changed'));
    for (const { storedFilename } of changed.segments) {
      const sidecar = JSON.parse(
        await readFile(join(dataDir, storedFilename.replace(/\.\w+$/, '.json')), 'utf8'),
      ) as Recording;
      expect(sidecar.title).toBe('Sunday walk');
    }
    expect((await change(seen.version, { title: 'Late' })).status).toBe(412);
    expect((await change(changed.version, { markers: [] })).status).toBe(400);
    expect((await change('x', { title: 'y' })).status).toBe(400);

    const trashed = (await (await ask('/api/takes/walk-1', { method: 'DELETE' })).json()) as Take;
    expect(trashed.isTrashed).toBe(true);
    const list = async (query: string): Promise<ListedRecording[]> =>
      recordingPageSchema.parse(await (await ask(`/api/recordings?grouped=true&${query}`)).json())
        .items as ListedRecording[];
    expect(await list('')).toEqual([]);
    expect(await list('trashed=true')).toMatchObject([{ takeSegmentCount: 3, title: 'Sunday walk' }]);
    const restored = (await (await ask('/api/takes/walk-1/restore', { method: 'POST' })).json()) as Take;
    expect(restored.segments.map(({ status }) => status)).toEqual(['active', 'active', 'active']);
    expect((await list('query=sund'))[0]).toMatchObject({ segment: 0, takeSegmentCount: 3 });
  });

  it('is joined beforehand, once none of it is on its way any more', async () => {
    await sendAll(opus);
    await server.close();
    await recorder.close();
    // The jobs that were noted down run in the next process that runs jobs.
    recorder = await openVoiceRecorder({ environment: 'testing', dataDir });
    server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0.0.0' });
    const endings = async () => {
      const names = await readdir(join(dataDir, 'derived/take-walk-1')).catch(() => []);
      return names.map((name) => name.replace(/^joined-[0-9a-f]{16}/, '')).sort();
    };
    await expect.poll(endings, { interval: 200 }).toEqual(['.json', '.opus', '.vpk']);
    expect(await take()).toMatchObject({ hasExactPositions: true });
  });

  it('says which segment has no file any more', async () => {
    await sendAll(opus.slice(0, 2));
    const { segments } = await take();
    await rm(join(dataDir, segments[1]!.storedFilename));
    const answer = await ask('/api/takes/walk-1/audio');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'blob-missing' });
    expect(await readdir(join(dataDir, 'derived')).catch(() => [])).not.toContain('take-walk-1');
  });

  it('leaves nothing that counts when it is killed in the middle, and what lay about goes', async () => {
    await sendAll(opus);
    const folder = join(dataDir, 'derived/take-walk-1');
    const first = await ask('/api/takes/walk-1/audio');
    const bytes = Buffer.from(await first.arrayBuffer());
    const [audio = ''] = (await readdir(folder)).filter((name) => name.endsWith('.opus'));
    const base = audio.replace('.opus', '');
    // As a kill leaves it: a half-written file, and one that was whole but not yet described.
    await rm(join(folder, `${base}.json`));
    await writeFile(join(folder, audio), bytes.subarray(0, 1000));
    await writeFile(join(folder, `${base}.123-1.part`), bytes.subarray(0, 500));
    const again = await ask('/api/takes/walk-1/audio');
    expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual([`${base}.json`, audio].sort());
  });
});

describe('a take of one segment', () => {
  it('is its original, and an unknown one is unknown', async () => {
    await send(opus[0]!, 0, { takeId: 'lone' });
    const told = await take('lone');
    expect(told).toMatchObject({
      joined: { filename: 'Walk 0.ogg', isCopy: true },
      gaps: [],
      startsSeconds: [0],
    });
    const answer = await ask('/api/takes/lone/audio');
    expect(Buffer.from(await answer.arrayBuffer()).equals(opus[0]!)).toBe(true);
    expect(answer.headers.get('etag')).toBe(`"${told.segments[0]!.checksum}"`);
    for (const path of ['', '/audio', '/peaks', '/restore']) {
      const method = path === '/restore' ? 'POST' : 'GET';
      const refused = await ask(`/api/takes/none${path}`, { method });
      expect(refused.status).toBe(404);
      expect(await refused.json()).toMatchObject({ code: 'take-unknown' });
    }
  });
});
