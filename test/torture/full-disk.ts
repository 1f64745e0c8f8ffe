import assert, { AssertionError } from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ImportOutcome } from '../../src/model/import-outcome.ts';
import type { Recording } from '../../src/model/recording.ts';
import type { StorageReport } from '../../src/voice-recorder.ts';
import { captureOnly, writeCaptureProgram } from '../capture-fixture.ts';
import { decodePcm } from '../decode-pcm.ts';
import { canMakeSmallDisk } from '../small-disk.ts';
import { PlainUploader, sha256Of, uploadIdOf } from '../store-server.ts';
import { voiceSamples } from '../voice-wav.ts';
import { runVrp } from '../vrp-process.ts';
import {
  ask,
  DISK_MB,
  fillDisk,
  fillerIn,
  idsOf,
  list,
  noise,
  type Stage,
  setStage,
  until,
} from './full-disk-stage.ts';

/* A small ext4 that another process fills while a server, an import or a take is at work on it. */

const STORIES = { take: fillInMidTake, import: fillInMidImport, record: fillUnderRecord } as const;
type StoryName = keyof typeof STORIES;
const STORY_NAMES = Object.keys(STORIES) as StoryName[];

export interface FullDiskReport {
  /** Seconds each story took. */
  readonly stories: Readonly<Partial<Record<StoryName, number>>>;
  readonly broken: readonly string[];
}

interface FullDiskOptions {
  /** The name of one story. */
  readonly only?: string | undefined;
  /** Sounds are as long as the disk is large; 256 when not given. */
  readonly diskMb?: number;
}

const MB = 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

export async function run({ only, diskMb = DISK_MB }: FullDiskOptions): Promise<FullDiskReport> {
  const wanted = STORY_NAMES.filter((name) => (only ?? name) === name);
  if (wanted.length === 0)
    throw new Error(`There is no story "${only}": expected one of ${STORY_NAMES.join(', ')}.`);
  if (!canMakeSmallDisk) throw new Error('This run mounts a file system of its own: it needs root on Linux.');
  const stories: Partial<Record<StoryName, number>> = {};
  const broken: string[] = [];
  for (const name of wanted) {
    const startMs = performance.now();
    await using stage = await setStage(diskMb);
    try {
      await STORIES[name](stage);
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      broken.push(`${name}: ${error.message}`);
    }
    stories[name] = Math.round((performance.now() - startMs) / 100) / 10;
  }
  return { stories, broken };
}

async function fillInMidTake(stage: Stage): Promise<void> {
  const { home, folders, seconds } = stage;
  const old = join(home, 'old.wav');
  await writeFile(old, noise(seconds(200), 3));
  const { stdout } = await runVrp(folders, ['import', old, '--json']);
  const oldId = (JSON.parse(stdout) as ImportOutcome).id ?? '';
  const whole = noise(seconds(150), 4);
  const client = new PlainUploader(stage.server());
  const id = uploadIdOf(await client.create({ kind: 'take', filename: 'take.wav' }, null));
  const send = (fromBytes: number, untilBytes?: number) => sendTo(client, id, whole, fromBytes, untilBytes);
  assert.equal((await send(0, MB)).status, 204);

  fillDisk(home);
  // The first refusal gives up the reserve; the take goes on in it, but for the last room.
  let refused = await send(MB);
  assert.equal(refused.status, 507, 'a full disk refuses');
  refused = await send(refused.safeBytes);
  assert.equal(refused.status, 507, 'the room of the reserve ends too');
  const offset = (await client.head(id)).headers.get('Upload-Offset');
  assert.equal(offset, String(refused.safeBytes), 'what is safe is what was acknowledged');
  assert.deepEqual(await idsOf(stage), [oldId], 'the server lists');
  const { json: report } = await ask<StorageReport>(stage, '/api/storage');
  assert.ok(report.freeBytes < 9 * MB, `${report.freeBytes} bytes are free`);
  assert.equal(report.byKind['originals']?.count, 1);
  const source = join(home, 'source.wav');
  await writeFile(source, noise(20, 6));
  const again = await runVrp(folders, ['import', source, '--json']);
  assert.equal(again.exitCode, 1);
  assert.equal((JSON.parse(again.stdout) as ImportOutcome).error?.code, 'disk-full');

  const purged = await ask(stage, `/api/recordings/${oldId}?purge=true`, 'DELETE');
  assert.equal(purged.status, 200, JSON.stringify(purged.json));
  // What it freed is room for the take (once nobody reads it any more), as is what the other process gives back.
  await until('room after the purge', async () => {
    return (await ask<StorageReport>(stage, '/api/storage')).json.freeBytes > 9 * MB;
  });
  const onward = await send(refused.safeBytes);
  assert.ok(onward.safeBytes > refused.safeBytes, 'the take goes on in the room of what was purged');
  await unlink(fillerIn(home));
  assert.equal((await send(onward.safeBytes)).status, 204, 'the take goes on');
  const end = await client.append(id, whole.length, Buffer.alloc(0), { lengthBytes: whole.length });
  assert.equal(end.headers.get('Recording-Id'), id);
  const [recording] = await list(stage);
  assert.equal(recording?.checksum, sha256Of(whole).toString('hex'));
  assert.deepEqual(await readFile(join(folders.dataDir, recording?.storedFilename ?? '')), whole);
}

async function fillInMidImport(stage: Stage): Promise<void> {
  const { home, folders, seconds } = stage;
  const inbox = join(home, 'inbox');
  await mkdir(inbox);
  const sums: string[] = [];
  for (let i = 0; i < 12; i++) {
    const bytes = noise(seconds(15), 100 + i);
    await writeFile(join(inbox, `${i}.wav`), bytes);
    sums.push(sha256Of(bytes).toString('hex'));
  }
  const importer = stage.spawn(['import', inbox, '--recursive', '--json']);
  importer.stderr.resume();
  const outcomes: ImportOutcome[] = [];
  let isFilled = false;
  for await (const line of createInterface({ input: importer.stdout })) {
    outcomes.push(JSON.parse(line) as ImportOutcome);
    if (outcomes.length < 3 || isFilled) continue;
    isFilled = true;
    fillDisk(home);
    fillDisk(home, 'filler-2');
  }
  if (importer.exitCode === null) await once(importer, 'exit');
  assert.equal(outcomes.length, 12, 'every file has an outcome');
  const stored = outcomes.filter(({ status }) => status === 'stored');
  const rejected = outcomes.filter(({ status }) => status === 'rejected');
  assert.ok(stored.length >= 3);
  assert.ok(rejected.length > 0, JSON.stringify(outcomes));
  assert.deepEqual([...new Set(rejected.map(({ error }) => error?.code))], ['disk-full']);
  assert.equal(importer.exitCode, 1);
  assert.deepEqual(await idsOf(stage), stored.map(({ id }) => id).sort(), 'what was called stored is listed');
  await unlink(fillerIn(home));
  await unlink(fillerIn(home, 'filler-2'));

  const again = await runVrp(folders, ['import', inbox, '--recursive', '--json']);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.equal(await stage.restart(), 0);
  const all = await list(stage);
  assert.deepEqual(all.map(({ checksum }) => checksum).sort(), sums.sort(), 'every file is listed once');
  for (const { storedFilename, checksum } of all) {
    const bytes = await readFile(join(folders.dataDir, storedFilename));
    assert.equal(sha256Of(bytes).toString('hex'), checksum, storedFilename);
  }
  await until('an empty spool', async () => (await readdir(join(folders.dataDir, 'spool'))).length === 0);
}

interface RecordLine {
  readonly event: string;
  readonly code?: string;
  readonly safeSeconds?: number;
  readonly recording?: Recording;
}

async function fillUnderRecord(stage: Stage): Promise<void> {
  const { home, folders } = stage;
  const bin = join(home, 'bin');
  writeCaptureProgram(bin, 'arecord', { sound: voiceSamples(20, 48_000, 9) });
  const record = (...args: string[]) =>
    stage.spawn(['record', '--json', '--preset', 'archive', ...args], { PATH: captureOnly(bin) });
  const child = record();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const lines: RecordLine[] = [];
  let isFilled = false;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as RecordLine;
    lines.push(line);
    if (isFilled || (line.safeSeconds ?? 0) < 2) continue;
    isFilled = true;
    fillDisk(home);
  }
  if (child.exitCode === null) await once(child, 'exit');
  assert.equal(child.exitCode, 1, said);
  assert.ok(lines.some(({ code }) => code === 'disk-full'));
  const stored = lines.find(({ event }) => event === 'stored')?.recording;
  assert.ok(stored, said + JSON.stringify(lines.slice(-4)));
  assert.deepEqual([stored.status, stored.codec], ['active', 'flac']);
  const told = stored.timeline.map(({ kind, note }) => ({ kind, note }));
  assert.deepEqual(told, [{ kind: 'storage-failed', note: 'The disk was full.' }]);
  const safeSeconds = Math.max(...lines.map((line) => line.safeSeconds ?? 0));
  const { planes, sampleRateHz } = await decodePcm(join(folders.dataDir, stored.storedFilename));
  const heardSeconds = (planes[0]?.length ?? 0) / sampleRateHz;
  assert.ok(heardSeconds >= safeSeconds - 0.01, `${heardSeconds} s of ${safeSeconds} s that were safe`);
  assert.deepEqual(await readdir(join(folders.dataDir, 'takes')), []);

  await unlink(fillerIn(home));
  const next = record('--duration', '1');
  next.stdout.resume();
  next.stderr.resume();
  await once(next, 'exit');
  assert.equal(next.exitCode, 0, 'another take can begin');
  assert.equal((await list(stage)).length, 2);
}

/** Pieces until one is refused or all are acknowledged. */
async function sendTo(
  client: PlainUploader,
  id: string,
  whole: Buffer,
  fromBytes: number,
  untilBytes = whole.length,
): Promise<{ safeBytes: number; status: number }> {
  for (let safeBytes = fromBytes; safeBytes < untilBytes; safeBytes += PIECE_BYTES) {
    const piece = whole.subarray(safeBytes, Math.min(untilBytes, safeBytes + PIECE_BYTES));
    const answer = await client.append(id, safeBytes, piece, { sum: true });
    if (answer.status !== 204) return { safeBytes, status: answer.status };
  }
  return { safeBytes: untilBytes, status: 204 };
}
