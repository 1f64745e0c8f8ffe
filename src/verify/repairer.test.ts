import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFixture, makeWav } from '../../test/audio-fixtures.ts';
import { sha256 } from '../../test/sha256.ts';
import { openDiskBlobs } from '../blobs/disk-blobs.ts';
import { openFileHasher } from '../blobs/file-checksum.ts';
import type { Recording } from '../model/recording.ts';
import { openVoiceRecorder } from '../open.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { type FetchCopy, repairRecording } from './repairer.ts';

let home: string;
let recorder: VoiceRecorder;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-repair-'));
  recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: join(home, 'store'),
    overrides: { stateDir: join(home, 'state') },
    runsJobs: false,
  });
});
afterAll(async () => {
  await recorder.close();
  await rm(home, { recursive: true, force: true });
});

async function keep(name: string, bytes: Buffer): Promise<Recording> {
  const path = join(home, name);
  await writeFile(path, bytes);
  return await now(
    (await recorder.library.importFile(path, { title: 'Grandmother', tags: ['family'] })).id ?? '',
  );
}

async function now(id: string): Promise<Recording> {
  const found = await recorder.library.find(id);
  if (!found) throw new Error(`no recording ${id}`);
  return found;
}

const pathOf = ({ storedFilename }: Recording) => join(home, 'store', storedFilename);

describe('repairing a file that came with a fault', () => {
  it('makes a new recording that names its parent, once, and leaves the original alone', async () => {
    const bytes = makeWav({ seconds: 1, declaredBytes: 0 });
    bytes.writeUInt32LE(0, 4);
    const original = await keep('unfinished.wav', bytes);
    const marked = await recorder.library.amend(original.id, {
      markers: [{ atSeconds: 0.5, label: 'here' }],
    });
    expect(original.warnings).toMatchObject([{ code: 'size-header-wrong' }]);

    const outcome = await recorder.verification.repair(original.id);
    expect(outcome).toMatchObject({ outcome: 'repaired', faults: [{ code: 'wav-unfinished' }] });
    const repaired = await now(outcome.repairedId ?? '');
    expect(repaired).toMatchObject({
      kind: 'edit',
      parentIds: [original.id],
      parentId: original.id,
      title: 'Grandmother (repaired)',
      filename: 'unfinished-repaired.wav',
      tags: ['family'],
      markers: marked.markers,
      recordedAt: original.recordedAt,
      warnings: [],
      duration: 1,
    });
    expect(repaired.storedFilename).toMatch(/^edited\//);
    const sound = await readFile(pathOf(repaired));
    expect(sha256(sound)).toBe(repaired.checksum);
    expect(sound.equals(makeWav({ seconds: 1 }))).toBe(true);
    expect((await readFile(pathOf(original))).equals(bytes)).toBe(true);
    expect(await now(original.id)).toMatchObject({ version: marked.version, status: 'active' });
    expect(await readdir(join(home, 'store/derived', original.id))).not.toContain('repaired');

    const again = await recorder.verification.repair(original.id);
    expect(again).toMatchObject({ outcome: 'repaired', repairedId: repaired.id });
    expect(await recorder.verification.repair(repaired.id)).toMatchObject({
      outcome: 'sound',
      repairedId: null,
    });
  });

  it('says in the timeline where the frames of a FLAC file were damaged', async () => {
    await writeFile(join(home, 'tone.wav'), makeWav({ seconds: 3, sampleRateHz: 48_000 }));
    encodeFixture(join(home, 'tone.wav'), join(home, 'tone.flac'), 'flac', 'flac');
    const bytes = await readFile(join(home, 'tone.flac'));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
    const original = await keep('bit.flac', bytes);
    const heard: number[] = [];
    const outcome = await recorder.verification.repair(original.id, {
      onProgress: (done) => heard.push(done),
    });
    expect(outcome).toMatchObject({ outcome: 'repaired', faults: [{ code: 'flac-damaged' }] });
    const repaired = await now(outcome.repairedId ?? '');
    expect(repaired.timeline).toMatchObject(outcome.silenced.map((part) => ({ kind: 'silence', ...part })));
    expect(outcome.silenced).toHaveLength(1);
    expect(outcome.message).toContain('in one place are lost');
    expect(repaired.duration).toBe(3);
    expect(heard.every((done) => done >= 0 && done <= bytes.length)).toBe(true);
  });

  it('says of a sound one that it is', async () => {
    const { id } = await keep('sound.wav', makeWav({ seconds: 0.5 }));
    expect(await recorder.verification.repair(id)).toMatchObject({ outcome: 'sound', faults: [] });
  });

  it('refuses what is no recording', async () => {
    const nobody = '019aa000-0000-7000-8000-000000000000';
    await expect(recorder.verification.repair(nobody)).rejects.toMatchObject({ code: 'recording-unknown' });
  });
});

describe('repairing bytes that changed since they were received', () => {
  it('does nothing without a verified copy, and says so', async () => {
    const recording = await keep('alone.wav', makeWav({ seconds: 0.6 }));
    await truncate(pathOf(recording), 3000);
    const outcome = await recorder.verification.repair(recording.id);
    expect(outcome).toMatchObject({ outcome: 'no-copy', repairedId: null });
    expect(outcome.message).toContain('No verified copy');
    expect((await readFile(pathOf(recording))).length).toBe(3000);
    expect((await now(recording.id)).status).toBe('damaged');
  });

  async function repairWith(recording: Recording, fetchCopy: FetchCopy) {
    const hasher = openFileHasher();
    const blobs = await openDiskBlobs({ root: join(home, 'store'), hasher });
    try {
      return await repairRecording(
        {
          find: (id) => recorder.library.find(id),
          verify: (id, options) => recorder.verification.verify(id, options),
          turns: { take: (_id, work) => work() },
          fetchCopy,
          hashFile: (path) => hasher.hashFile(path),
          quarantine: (key, reason) => blobs.quarantine(key, reason),
          place: (key, sourcePath, expected) => blobs.place(key, sourcePath, expected),
          findFaults: () => Promise.reject(new Error('not asked for')),
          makeRepaired: () => Promise.reject(new Error('not asked for')),
        },
        recording.id,
      );
    } finally {
      await hasher.close();
    }
  }

  it.each([
    ['changed', 0.7, (path: string) => writeFile(path, 'other bytes')],
    ['removed', 0.8, unlink],
    [
      'turned into a folder with something in it',
      0.9,
      async (path: string) => {
        await unlink(path);
        await mkdir(path);
        await writeFile(join(path, 'inside'), 'kept');
      },
    ],
  ])('puts the same bytes back where they were %s, and keeps what lay there', async (what, seconds, harm) => {
    const bytes = makeWav({ seconds });
    const recording = await keep(`${seconds}.wav`, bytes);
    const copy = join(home, 'store/spool', `copy-${seconds}`);
    await copyFile(pathOf(recording), copy);
    await harm(pathOf(recording));
    expect(await repairWith(recording, async () => copy)).toMatchObject({ outcome: 'healed' });
    expect((await readFile(pathOf(recording))).equals(bytes)).toBe(true);
    expect((await now(recording.id)).status).toBe('active');
    const put = join(home, 'store/quarantine', recording.storedFilename);
    if (what === 'changed') expect(await readFile(put, 'utf8')).toBe('other bytes');
    if (what.startsWith('turned')) expect(await readFile(join(put, 'inside'), 'utf8')).toBe('kept');
  });

  it('replaces nothing by a copy that is not the same', async () => {
    const recording = await keep('unequal.wav', makeWav({ seconds: 1.1 }));
    const copy = join(home, 'store/spool', 'unequal');
    await copyFile(pathOf(recording), copy);
    await truncate(copy, 5000);
    await truncate(pathOf(recording), 4000);
    const outcome = await repairWith(recording, async () => copy);
    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(outcome.message).toContain('Nothing was replaced');
    expect((await readFile(pathOf(recording))).length).toBe(4000);
  });
});
