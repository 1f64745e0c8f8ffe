import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Recording } from '../model/recording.ts';
import { HttpClient } from './http-client.ts';
import { inspectServer } from './inspect-server.ts';
import { judgePromises } from './judge-promises.ts';
import { Ledger, newSending, type Sending } from './ledger.ts';
import { makeAudio } from './made-audio.ts';
import { ServerProcess } from './server-process.ts';
import { noteOffset, sendUpload } from './upload-client.ts';
import { readToken, vrpEnvironment } from './vrp-command.ts';

const run = promisify(execFile);
const PIECE_BYTES = 20_000;

let base: string;
/** A store with three recordings, and with an upload of which two pieces are safe; copied for each test. */
let made: { uploads: [string, Sending][]; recordings: Recording[]; title: string; token: string };

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vrp-judge-'));
  const place = join(base, 'whole');
  await mkdir(place);
  const ledger = await Ledger.open(join(base, 'made.jsonl'));
  const { server, client, token } = await serve(place);
  try {
    for (let seed = 1; seed <= 3; seed++) await send(client, ledger, seed, Number.POSITIVE_INFINITY);
    const [, first] = [...ledger.uploads][0]!;
    ledger.wish(first.recordingId!, 'Grandmother');
    const answer = await client.ask('PATCH', `/api/recordings/${first.recordingId}`, {
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"title":"Grandmother"}'),
    });
    expect(answer?.status).toBe(200);
    await send(client, ledger, 4, 2);
    const recordings = await inspectServer(client, ledger);
    expect(ledger.losses).toEqual([]);
    expect(recordings).toHaveLength(3);
    made = { uploads: [...ledger.uploads], recordings, title: 'Grandmother', token };
  } finally {
    client.close();
    expect(await server.stop()).toBe(0);
    // Large, and nothing is judged by it.
    await rm(join(place, 'data', 'reserve.bin'), { force: true });
    await ledger.close();
  }
}, 120_000);

afterAll(async () => {
  await rm(base, { recursive: true, force: true });
});

let place: string;
let ledger: Ledger;
let count = 0;

beforeEach(async () => {
  place = join(base, `damaged-${++count}`);
  await run('cp', ['-r', join(base, 'whole'), place]);
  ledger = await Ledger.open(join(base, `ledger-${count}.jsonl`));
  for (const [id, { recordingId, ...sending }] of made.uploads) {
    await ledger.begin(id, { ...sending, recordingId: null });
    if (recordingId !== null) await ledger.complete(id, recordingId, sending.checksum);
  }
  const id = made.recordings.find(({ title }) => title === made.title)!.id;
  ledger.wish(id, made.title);
  await ledger.amended(id, made.title);
});

afterEach(async () => {
  await ledger.close();
});

const dataDir = () => join(place, 'data');
const audioPath = (index = 0) => join(dataDir(), made.recordings[index]!.storedFilename);
const judge = (recordings = made.recordings) => judgePromises(dataDir(), ledger, recordings);
const kinds = () => [...new Set(ledger.losses.map(({ kind }) => kind))].sort();
const lostBytes = () => ledger.losses.reduce((sum, { bytes }) => sum + bytes, 0);

describe('the judge of a store', () => {
  it('finds nothing wrong with a store nobody damaged', async () => {
    expect(await judge()).toEqual({ recoveredCount: 0, unfinishedCount: 0 });
    expect(ledger.losses).toEqual([]);
  });

  it('names a flipped bit and counts one byte', async () => {
    await edit(audioPath(1), (bytes) => {
      bytes[1000]! ^= 4;
    });
    await judge();
    expect(kinds()).toEqual(['differing-bytes']);
    expect(lostBytes()).toBe(1);
    expect(ledger.losses.map(({ message }) => message).join()).toContain(made.recordings[1]!.storedFilename);
  });

  it('names a file that was cut and counts what is missing', async () => {
    const { filesizeBytes } = made.recordings[2]!;
    await truncate(audioPath(2), filesizeBytes - 700);
    await judge();
    expect(kinds()).toEqual(['differing-bytes']);
    expect(lostBytes()).toBe(700);
  });

  it('names a row whose file is gone, with all its bytes', async () => {
    await unlink(audioPath());
    await judge();
    expect(kinds()).toEqual(['lost-bytes', 'orphan']);
    expect(lostBytes()).toBe(made.recordings[0]!.filesizeBytes);
  });

  it('names a recording that is not listed any more, and its file without a row', async () => {
    await judge(made.recordings.slice(1));
    expect(kinds()).toEqual(['lost-bytes', 'orphan']);
    expect(lostBytes()).toBe(made.recordings[0]!.filesizeBytes);
  });

  it('names an upload that became two recordings', async () => {
    const twin = { ...made.recordings[0]!, id: made.recordings[1]!.id };
    await judge([...made.recordings, twin]);
    expect(kinds()).toContain('duplicate');
  });

  it('names a recording nobody was told of, but not one kept as "Recovered"', async () => {
    const stranger = { ...made.recordings[0]!, id: 'x', checksum: '0'.repeat(64) };
    await judge([...made.recordings, stranger]);
    expect(ledger.losses.map(({ message }) => message).join()).toContain('nobody was told');
  });

  it('names a title that was answered for and is gone, and takes one that was only sent', async () => {
    const amended = made.recordings.find(({ title }) => title === made.title)!;
    const others = made.recordings.filter((recording) => recording !== amended);
    ledger.wish(amended.id, 'Sent, never answered');
    await judge([...others, { ...amended, title: 'Sent, never answered' }]);
    expect(kinds()).not.toContain('amendment-lost');
    await judge([...others, { ...amended, title: 'Take 1' }]);
    expect(kinds()).toContain('amendment-lost');
  });

  it('names a sidecar that is missing, torn or behind', async () => {
    for (const [index, content] of [
      undefined,
      '{"format":',
      '{"format":"voice-recorder-pro/sidecar"}',
    ].entries()) {
      const path = audioPath(index).replace(/\.\w+$/, '.json');
      if (content === undefined) await unlink(path);
      else await writeFile(path, content);
    }
    await judge();
    expect(kinds()).toEqual(['sidecar']);
    expect(ledger.losses).toHaveLength(3);
  });

  it('names bytes of a finished upload that still lie in the spool', async () => {
    const [id] = made.uploads[0]!;
    await mkdir(join(dataDir(), 'spool', id));
    await writeFile(join(dataDir(), 'spool', id, 'data'), 'left over');
    await judge();
    expect(kinds()).toEqual(['spool']);
  });
});

describe('the inspection of a server', () => {
  it('names acknowledged bytes of an unfinished upload that the server does not have any more', async () => {
    const [id, { acknowledgedBytes }] = made.uploads.find(([, { recordingId }]) => recordingId === null)!;
    // The last record of the journal, as a sync that never happened would leave it.
    const journal = join(dataDir(), 'spool', id, 'journal');
    await edit(journal, (bytes) => bytes.fill(0, 128, 192));
    const { server, client } = await serve(place);
    try {
      await inspectServer(client, ledger);
    } finally {
      client.close();
      await server.stop();
    }
    expect(kinds()).toEqual(['lost-bytes']);
    expect(acknowledgedBytes).toBe(2 * PIECE_BYTES);
    expect(lostBytes()).toBe(PIECE_BYTES);
  }, 60_000);

  it('names recordings that cannot be read or decoded, and uploads that are forgotten', async () => {
    await edit(audioPath(0), (bytes) => bytes.fill(0, 0, 5000));
    await unlink(audioPath(1));
    const [id, sending] = made.uploads.find(([, { recordingId }]) => recordingId === null)!;
    await rm(join(dataDir(), 'spool', id), { recursive: true });
    const { server, client } = await serve(place);
    try {
      await inspectServer(client, ledger);
    } finally {
      client.close();
      await server.stop();
    }
    expect(kinds()).toEqual(['lost-bytes', 'unreadable']);
    expect(lostBytes()).toBe(sending.acknowledgedBytes);
    const said = ledger.losses.map(({ message }) => message).join('\n');
    for (const { id: unreadable } of made.recordings.slice(0, 2)) expect(said).toContain(unreadable);
  }, 60_000);
});

it('an offset below what was acknowledged is a loss once, of just those bytes', async () => {
  const [id, sending] = made.uploads.find(([, { recordingId }]) => recordingId === null)!;
  const own = { ...sending };
  noteOffset(ledger, own, id, own.acknowledgedBytes);
  expect(ledger.losses).toEqual([]);
  noteOffset(ledger, own, id, own.acknowledgedBytes - 17);
  noteOffset(ledger, own, id, own.acknowledgedBytes);
  expect(lostBytes()).toBe(17);
});

async function serve(at: string) {
  const store = { dataDir: join(at, 'data'), stateDir: join(at, 'state') };
  const env = vrpEnvironment(store, 10);
  const died: string[] = [];
  const server = new ServerProcess({
    env,
    logFile: join(at, 'server.log'),
    onUnexpectedEnd: (how) => died.push(how),
  });
  await server.start();
  const token = await readToken(env);
  const client = new HttpClient({ port: server.port, host: `127.0.0.1:${server.port}`, token });
  return { server, client, token };
}

/** Sends a take, and stops after so many pieces. */
async function send(client: HttpClient, into: Ledger, seed: number, pieces: number): Promise<void> {
  const recipe = { format: 'flac', seed, seconds: 4, sampleRateHz: 16_000 } as const;
  const bytes = makeAudio(recipe);
  const giveUp = new AbortController();
  let sent = 0;
  await sendUpload({
    client,
    ledger: into,
    sending: newSending('take', recipe, bytes),
    bytes,
    hasChecksum: () => true,
    giveUp: giveUp.signal,
    nextPiece: async (offset) => {
      if (sent++ === pieces) throw new Error('enough');
      const end = Math.min(bytes.length, offset + PIECE_BYTES);
      return { end, isLast: end === bytes.length };
    },
  }).catch((error: Error) => expect(error.message).toBe('enough'));
}

async function edit(path: string, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(path);
  change(bytes);
  const file = await open(path, 'r+');
  await file.write(bytes);
  await file.close();
}
