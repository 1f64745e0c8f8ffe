import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLog, stderrTarget } from '../src/log/open-log.ts';
import type { Clock } from '../src/model/clock.ts';
import type { UploadMetadata } from '../src/model/upload-metadata.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { DEFAULT_TUNING } from '../src/record/uploads-desk.ts';
import { type RunningServer, startServer } from '../src/serve/start-server.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { PlainUploader, sha256Of, uploadIdOf } from './store-server.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

/* Clients as they are, before the joined house: real sockets, real server, real store. */

/** The machine's clock, which somebody can set. */
const clock = {
  wrongByMs: 0,
  nowMs: () => Date.now() + clock.wrongByMs,
  monotonicMs: () => performance.now(),
};
const DAY_MS = 24 * 3600 * 1000;
const TAKE: UploadMetadata = { kind: 'take', filename: 'take.wav' };

let folder: string;
let recorder: VoiceRecorder;
let server: RunningServer;
let token: string;
let client: PlainUploader;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-rough-'));
  recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: join(folder, 'data'),
    overrides: { stateDir: join(folder, 'state'), maxFileMb: 0 },
    runsJobs: false,
    clock: clock satisfies Clock,
  });
  server = await startServer({
    recorder,
    host: '127.0.0.1',
    port: 0,
    webFolder: null,
    version: '0.0.0',
    logger: openLog({ targets: [stderrTarget('silent')] }),
  });
  token = await recorder.access.ownerToken();
  client = new PlainUploader({ baseUrl: server.baseUrl, token });
});
afterAll(async () => {
  await server.close();
  await recorder.close();
  await rm(folder, { recursive: true, force: true });
});

async function begin(): Promise<string> {
  return uploadIdOf(await client.create(TAKE, null));
}

async function offsetOf(id: string): Promise<number> {
  return Number((await client.head(id)).headers.get('Upload-Offset'));
}

function patchHead(id: string, offset: number, bytes: Buffer, hasSum: boolean): string {
  return [
    `PATCH /api/uploads/${id} HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    `Authorization: Bearer ${token}`,
    'Tus-Resumable: 1.0.0',
    'Content-Type: application/offset+octet-stream',
    `Upload-Offset: ${offset}`,
    ...(hasSum ? [`Upload-Checksum: sha256 ${sha256Of(bytes).toString('base64')}`] : []),
    `Content-Length: ${bytes.length}`,
    '\r\n',
  ].join('\r\n');
}

/** Sends the beginning of a PATCH and pulls the plug: a FIN, or the reset of a dying machine. */
async function cutOff(text: Buffer, isReset: boolean): Promise<void> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  if (isReset) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

async function finish(id: string, whole: Buffer): Promise<void> {
  const offset = await offsetOf(id);
  const last = () =>
    client.append(id, offset, whole.subarray(offset), { sum: true, lengthBytes: whole.length });
  let answer = await last();
  // The request that was cut off may still hold the pen.
  await vi.waitUntil(
    async () => {
      if (answer.status === 423) answer = await last();
      return answer.status !== 423;
    },
    { timeout: 60_000 },
  );
  expect(answer.status).toBe(204);
  expect(answer.headers.get('Recording-Checksum')).toBe(sha256Of(whole).toString('hex'));
  const recording = await recorder.library.find(answer.headers.get('Recording-Id') ?? '');
  const stored = await readFile(join(recorder.dataDir, recording?.storedFilename ?? ''));
  expect(stored.equals(whole)).toBe(true);
}

describe('a PATCH that is cut off', () => {
  const { writeBytes, journalBytes } = DEFAULT_TUNING;
  const small = wavBytes(voiceSamples(2, 16_000, 1), 16_000);
  // Longer than what is written at once, and than what one journal record speaks of.
  const large = wavBytes(voiceSamples(100, 44_100, 2), 44_100);

  it.each([
    ['in its request line', small, -1000],
    ['in its last header', small, -3],
    ['before its first byte', small, 0],
    ['after its first byte', small, 1],
    ['in the middle', small, 30_000],
    ['before its last byte', small, small.length - 1001],
    ['one byte before a write ends', large, writeBytes - 1],
    ['where a write ends', large, writeBytes],
    ['one byte into the next write', large, writeBytes + 1],
    ['one byte before a journal record ends', large, journalBytes - 1],
    ['where a journal record ends', large, journalBytes],
    ['one byte into the next journal record', large, journalBytes + 1],
  ])('%s counts as it came without a checksum, and not at all with one', async (_, whole, cutBytes) => {
    for (const hasSum of [false, true]) {
      const id = await begin();
      expect((await client.append(id, 0, whole.subarray(0, 1000), { sum: hasSum })).status).toBe(204);
      const body = whole.subarray(1000);
      const head = patchHead(id, 1000, body, hasSum);
      const sent = Buffer.concat([Buffer.from(head), body]).subarray(0, Math.max(20, head.length + cutBytes));
      // A reset throws away what the server has not read yet, so that less may have come than was sent.
      const isReset = hasSum;
      await cutOff(sent, isReset);
      const expected = 1000 + (hasSum ? 0 : Math.max(0, cutBytes));
      // The server may still be reading what lay in the socket when the client was gone.
      await expect.poll(() => offsetOf(id), { timeout: 80_000, interval: 50 }).toBe(expected);
      if (whole === small) await finish(id, whole);
      else await client.terminate(id);
    }
  });
});

describe('a rough client', () => {
  const whole = wavBytes(voiceSamples(2, 16_000, 3), 16_000);

  it('whose checksum is right and whose offset is wrong changes nothing', async () => {
    const id = await begin();
    await client.append(id, 0, whole.subarray(0, 20_000), { sum: true });
    for (const offset of [0, 19_999, 20_001, 40_000]) {
      const answer = await client.append(id, offset, whole.subarray(offset), {
        sum: true,
        lengthBytes: whole.length,
      });
      expect(answer.status).toBe(409);
    }
    expect(await offsetOf(id)).toBe(20_000);
    await finish(id, whole);
  });

  it('that ends its upload twice at once gets the same recording twice', async () => {
    const id = await begin();
    await client.append(id, 0, whole);
    const before = (await recorder.library.list({})).items.length;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        client.append(id, whole.length, Buffer.alloc(0), { lengthBytes: whole.length }),
      ),
    );
    // While one of them holds the pen, another may be told to come again.
    expect(answers.every(({ status }) => status === 204 || status === 423)).toBe(true);
    await expect.poll(async () => (await client.head(id)).headers.get('Recording-Id')).toBe(id);
    const ids = answers
      .filter(({ status }) => status === 204)
      .map(({ headers }) => headers.get('Recording-Id'));
    expect(new Set(ids)).toEqual(new Set([id]));
    expect((await recorder.library.list({})).items.length).toBe(before + 1);
  });

  it('that sends two segments of a take side by side gets both', async () => {
    const takeId = '01a20000-0000-7000-8000-000000000001';
    const parts = [whole, wavBytes(voiceSamples(1, 16_000, 4), 16_000)];
    const ids = await Promise.all(
      parts.map(async (bytes, segment) => {
        const id = uploadIdOf(await client.create({ ...TAKE, takeId, segment }, null));
        for (let at = 0; at < bytes.length; at += 5000) {
          const piece = bytes.subarray(at, at + 5000);
          const isLast = at + 5000 >= bytes.length;
          const wish = { sum: true, ...(isLast ? { lengthBytes: bytes.length } : {}) };
          expect((await client.append(id, at, piece, wish)).status).toBe(204);
        }
        return id;
      }),
    );
    for (const [segment, id] of ids.entries()) {
      const recording = await recorder.library.find(id);
      expect(recording).toMatchObject({
        takeId,
        segment,
        checksum: sha256Of(parts[segment]!).toString('hex'),
      });
    }
  });

  it('that ends its upload while another one writes to it leaves nothing', async () => {
    const id = await begin();
    const body = whole.subarray(0, 30_000);
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // Who reads nothing hears of no end.
    socket.resume();
    socket.write(patchHead(id, 0, body, false));
    socket.write(body.subarray(0, 9000));
    await sleep(300);
    expect((await client.terminate(id)).status).toBe(204);
    expect((await client.head(id)).status).toBe(410);
    await closed;
    expect(await recorder.library.find(id)).toBeUndefined();
  });

  it('that is live keeps its upload, and loses it to the next one once it is silent', async () => {
    for (;;) {
      const id = await begin();
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(patchHead(id, 0, whole, false));
      let wasSilent = false;
      for (let sent = 0; sent < 10; sent++) {
        const sentMs = performance.now();
        socket.write(whole.subarray(sent * 1000, (sent + 1) * 1000));
        await sleep(100);
        const status = sent === 5 ? (await client.append(id, 0, whole.subarray(0, 10))).status : 423;
        // A machine that stands still makes everybody silent: that tells nothing.
        wasSilent ||= performance.now() - sentMs > DEFAULT_TUNING.silenceMs / 2;
        if (!wasSilent) expect(status).toBe(423);
      }
      if (wasSilent) {
        socket.destroy();
        continue;
      }
      await sleep(DEFAULT_TUNING.silenceMs + 200);
      await expect.poll(() => offsetOf(id)).toBe(10_000);
      await finish(id, whole);
      socket.destroy();
      return;
    }
  });

  it.each([DAY_MS, -DAY_MS])(
    'does not notice that the clock was set by %i ms in its take',
    async (wrongByMs) => {
      const id = await begin();
      try {
        await client.append(id, 0, whole.subarray(0, 20_000), { sum: true });
        clock.wrongByMs = wrongByMs;
        expect(await offsetOf(id)).toBe(20_000);
        await client.append(id, 20_000, whole.subarray(20_000, 30_000), { sum: true });
        clock.wrongByMs = 0;
        await finish(id, whole);
      } finally {
        clock.wrongByMs = 0;
      }
    },
  );
});
