import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import {
  chunkOf,
  makeSpoolDesk,
  type SpoolDesk,
  StillClock,
  seededBytes,
  uploadsUnder,
  wishFor,
} from '../../test/spool-desk.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { openUploads } from './open-uploads.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];
const DAY_MS = 24 * 3600 * 1000;
const bytes = seededBytes(50_000, 31);

afterEach(async () => {
  for (const { desk, uploads } of opened.splice(0)) {
    await uploads.close();
    await desk.remove();
  }
});

async function openSpool(overrides: Partial<UploadsDesk> = {}, known?: SpoolDesk) {
  const clock = new StillClock();
  const desk = known ?? (await makeSpoolDesk({ clock, ...overrides }));
  const uploads = await openUploads({ ...desk, ...overrides });
  opened.push({ desk, uploads });
  return { desk, uploads, clock };
}

describe('an upload that nobody came back for', () => {
  it('is adopted after seven days, from a copy, and stays in the spool', async () => {
    const { desk, uploads, clock } = await openSpool();
    const { id } = await uploads.create(
      wishFor({ title: 'Interview', checksum: sha256(bytes) }),
      bytes.length + 1,
    );
    await uploads.append(id, chunkOf(0, bytes));
    clock.pass(7 * DAY_MS - 1);
    expect(await uploads.adoptExpired()).toEqual([]);
    clock.pass(1);
    expect(await uploads.listUnfinished()).toMatchObject([{ id, isExpired: true, adoptedAs: null }]);
    const [adopted] = await uploads.adoptExpired();
    expect(adopted).toMatchObject({ uploadId: id });
    expect(adopted?.recordingId).not.toBe(id);
    expect((await desk.libraryFile(adopted?.recordingId ?? '')).equals(bytes)).toBe(true);
    expect(desk.placed[0]).toMatchObject({
      checksum: sha256(bytes),
      wish: { title: 'Recovered: Interview', checksum: null },
    });
    expect(await uploadsUnder(desk.spoolPath)).toEqual([id]);
    expect((await readFile(join(desk.spoolPath, id, 'data'))).equals(bytes)).toBe(true);
    expect(await uploads.adoptExpired()).toEqual([]);
    expect(await uploads.listUnfinished()).toMatchObject([{ id, adoptedAs: adopted?.recordingId }]);
  });

  it('is completed by its returning client, also after a restart, and names what it supersedes', async () => {
    const { desk, uploads, clock } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 30_000)));
    clock.pass(8 * DAY_MS);
    const [adopted] = await uploads.adoptExpired();
    await uploads.close();
    const { uploads: restarted } = await openSpool({}, desk);
    expect(await restarted.adoptExpired()).toEqual([]);
    expect((await restarted.head(id)).offsetBytes).toBe(30_000);
    const rest = chunkOf(30_000, bytes.subarray(30_000), { lengthBytes: bytes.length });
    expect((await restarted.append(id, rest)).receipt?.recordingId).toBe(id);
    expect(desk.placed.at(-1)).toMatchObject({
      id,
      checksum: sha256(bytes),
      supersedes: adopted?.recordingId,
    });
  });

  it('is adopted again when more of it came, superseding what was adopted before', async () => {
    const { desk, uploads, clock } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes.subarray(0, 30_000)));
    clock.pass(8 * DAY_MS);
    const [first] = await uploads.adoptExpired();
    await uploads.append(id, chunkOf(30_000, bytes.subarray(30_000)));
    clock.pass(8 * DAY_MS);
    const [second] = await uploads.adoptExpired();
    expect(second?.recordingId).not.toBe(first?.recordingId);
    expect(desk.placed[1]).toMatchObject({ sizeBytes: bytes.length, supersedes: first?.recordingId });
  });

  it('counts the days before a restart by what the journal says', async () => {
    const { desk, uploads, clock } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    clock.pass(5 * DAY_MS);
    await uploads.append(id, chunkOf(0, bytes));
    await uploads.close();
    clock.pass(6 * DAY_MS);
    const { uploads: second } = await openSpool({}, desk);
    await (await second.recover()).done;
    expect(await second.adoptExpired()).toEqual([]);
    clock.pass(DAY_MS);
    expect(await second.adoptExpired()).toMatchObject([{ uploadId: id }]);
  });

  it('does not age while only the wall clock jumps', async () => {
    const { uploads, clock } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes));
    clock.wallMs += 400 * DAY_MS;
    expect(await uploads.adoptExpired()).toEqual([]);
    clock.wallMs -= 800 * DAY_MS;
    expect(await uploads.adoptExpired()).toEqual([]);
    expect(await uploads.listUnfinished()).toMatchObject([{ id, isExpired: false }]);
  });

  it('is adopted too when it is a file, and the whole file takes its place when it comes', async () => {
    const { desk, uploads, clock } = await openSpool();
    const { id } = await uploads.create(wishFor({ kind: 'file', filename: 'tape.wav' }), bytes.length + 1);
    await uploads.append(id, chunkOf(0, bytes));
    clock.pass(8 * DAY_MS);
    const [adopted] = await uploads.adoptExpired();
    expect(adopted).toMatchObject({ uploadId: id });
    // As a take, for whatever else has the same bytes is not to be superseded later.
    expect(desk.placed[0]?.wish).toMatchObject({ kind: 'take', filename: 'tape.wav', title: 'Recovered' });
    expect((await uploads.append(id, chunkOf(bytes.length, Buffer.from('.')))).receipt).not.toBeNull();
    expect(desk.placed[1]).toMatchObject({ id, supersedes: adopted?.recordingId, wish: { kind: 'file' } });
  });

  it('is left alone while somebody writes, and when it is empty', async () => {
    const { uploads, clock } = await openSpool();
    await uploads.create(wishFor(), null);
    const live = await uploads.create(wishFor(), null);
    await uploads.append(live.id, chunkOf(0, bytes));
    clock.pass(8 * DAY_MS);
    const body = new PassThrough();
    const append = uploads.append(
      live.id,
      chunkOf(bytes.length, Buffer.alloc(0), { body, contentLengthBytes: null }),
    );
    await new Promise(setImmediate);
    expect(await uploads.adoptExpired()).toEqual([]);
    body.end();
    await append;
    expect(await uploads.listUnfinished()).toHaveLength(2);
  });

  it('that is no audio is kept and not tried again; one that failed for now is', async () => {
    let failure = new VoiceRecorderError('media-crashed', 'The media child ended.');
    let tries = 0;
    const adoptRecovered = async () => {
      tries++;
      throw failure;
    };
    const { desk, uploads, clock } = await openSpool({ adoptRecovered });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes));
    clock.pass(8 * DAY_MS);
    await uploads.adoptExpired();
    failure = new VoiceRecorderError('not-audio-content', 'This is no audio.');
    await uploads.adoptExpired();
    await uploads.adoptExpired();
    expect(tries).toBe(2);
    expect(await uploadsUnder(desk.spoolPath)).toEqual([id]);
    expect((await readFile(join(desk.spoolPath, id, 'data'))).equals(bytes)).toBe(true);
  });

  it('leaves no copy behind when the adoption was cut off by a crash', async () => {
    const gate = Promise.withResolvers<never>();
    const started = Promise.withResolvers<void>();
    const adoptRecovered = () => {
      started.resolve();
      return gate.promise;
    };
    const { desk, uploads, clock } = await openSpool({ adoptRecovered });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes));
    clock.pass(8 * DAY_MS);
    const adopting = uploads.adoptExpired();
    await started.promise;
    expect(await uploadsUnder(desk.spoolPath)).toHaveLength(2);
    // A second process's view of the disk at this moment is that of a start after the crash.
    const copy = await makeSpoolDesk({ clock });
    await cp(desk.spoolPath, copy.spoolPath, { recursive: true });
    const { uploads: restarted } = await openSpool({}, copy);
    const report = await (await restarted.recover()).done;
    expect(report.removed).toHaveLength(1);
    expect(await uploadsUnder(copy.spoolPath)).toEqual([id]);
    gate.reject(new VoiceRecorderError('interrupted', 'The test is over.'));
    await adopting;
  });

  it('is adopted once although the power went after its recording was made and before that was noted', async () => {
    const clock = new StillClock();
    const desk = await makeSpoolDesk({ clock });
    let hasCrashed = false;
    const adoptRecovered: UploadsDesk['adoptRecovered'] = async (spooled, uploadId) => {
      const receipt = await desk.adoptRecovered(spooled, uploadId);
      if (hasCrashed) return receipt;
      hasCrashed = true;
      throw new VoiceRecorderError('interrupted', 'The power went.');
    };
    const { uploads } = await openSpool({ adoptRecovered }, desk);
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, bytes));
    clock.pass(8 * DAY_MS);
    expect(await uploads.adoptExpired()).toEqual([]);
    const [adopted] = await uploads.adoptExpired();
    expect(adopted?.uploadId).toBe(id);
    expect(desk.placed.map((spooled) => spooled.id)).toEqual([adopted?.recordingId]);
  });
});
