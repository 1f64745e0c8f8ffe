import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { addRecording, isOnSqlite, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { someRecording } from '../../test/some-recording.ts';
import { MIGRATIONS } from '../database/migrations/index.ts';
import { DatabaseJobQueue } from '../jobs/database-job-queue.ts';
import { NO_TAGS } from '../model/audio-facts.ts';
import type { AudioMeasurement } from '../model/audio-measurement.ts';
import { newId } from '../model/id.ts';

const sound = {
  audioChecksum: 'ab'.repeat(32),
  audioChecksumMethod: 'packets-v1',
  loudness: { integratedLufs: -23.05, rangeLu: 7.2, truePeakDbtp: -1.5 },
  silenceShare: 0.125,
} as const;
const measurement: AudioMeasurement = { ...sound, remark: null };

describe('what was measured of a recording', () => {
  it('is kept with its sidecar owed, and is no amendment', async () => {
    await using catalogue = await scratchCatalogue();
    const before = await addRecording(catalogue, { modifiedAt: '2026-01-01T00:00:00.000Z' });
    await catalogue.outbox.settle(before.id, before.version);
    const measured = await catalogue.recordings.keepMeasurement(before.id, measurement);
    expect(measured).toEqual({ ...before, ...sound, version: 2 });
    expect(await catalogue.recordings.find(before.id)).toEqual(measured);
    expect(await catalogue.outbox.findOwed(before.id)).toEqual({ recording: measured, history: [] });
  });

  it('brings along what decoding all of it found amiss, once', async () => {
    await using catalogue = await scratchCatalogue();
    const remark = { code: 'decode-errors', message: '1 of 9 packets are damaged.' };
    const whole = await addRecording(catalogue, {
      warnings: [{ code: 'wrong-extension', message: 'Named so.' }],
    });
    const kept = await catalogue.recordings.keepMeasurement(whole.id, { ...measurement, remark });
    expect(kept.warnings).toEqual([...whole.warnings, remark]);
    const cut = await addRecording(catalogue, { warnings: [{ code: 'truncated', message: 'Cut.' }] });
    const known = await catalogue.recordings.keepMeasurement(cut.id, { ...measurement, remark });
    expect(known.warnings).toEqual(cut.warnings);
  });

  it('is kept once', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    const first = await catalogue.recordings.keepMeasurement(id, measurement);
    const again = { ...measurement, audioChecksum: 'cd'.repeat(32) };
    expect(await catalogue.recordings.keepMeasurement(id, again)).toEqual(first);
    await expect(catalogue.recordings.keepMeasurement(newId(1), measurement)).rejects.toMatchObject({
      code: 'recording-unknown',
    });
  });

  it('takes nobody the change that was begun before it came, and lets no older one through', async () => {
    await using catalogue = await scratchCatalogue();
    const { id, version } = await addRecording(catalogue);
    await catalogue.recordings.keepMeasurement(id, measurement);
    const amended = await catalogue.recordings.amend(id, { title: 'Read before' }, version);
    expect(amended).toMatchObject({ title: 'Read before', version: 3, ...sound });
    for (const stale of [version, 2, 4]) {
      await expect(catalogue.recordings.amend(id, { title: 'Late' }, stale)).rejects.toMatchObject({
        code: 'version-conflict',
        details: { expected: stale, found: 3 },
      });
    }
    expect(await catalogue.recordings.trash(id, 3)).toMatchObject({ status: 'trashed', version: 4 });
  });

  it('is owed to recordings that wait in no job and did not fail for good', async () => {
    await using catalogue = await scratchCatalogue();
    const queue = new DatabaseJobQueue(catalogue.contexts);
    const ids: string[] = [];
    for (let index = 0; index < 6; index += 1) ids.push((await addRecording(catalogue)).id);
    const [fresh = '', waiting = '', failed = '', measured = '', done = '', last = ''] = ids;
    const noteDown = (id: string) =>
      queue.enqueue({ kind: 'measure', payload: { recordingId: id }, dedupeKey: id, maxAttempts: 1 });
    await catalogue.recordings.keepMeasurement(measured, measurement);
    for (const id of [failed, done]) {
      await noteDown(id);
      const job = await queue.lease(['measure'], 1000);
      if (job === undefined) throw new Error('Nothing was leased.');
      const fault = { code: 'media-failed', message: 'It cannot be read.', isRetryable: false };
      await (id === failed ? queue.fail(job.id, job.fence, fault) : queue.complete(job.id, job.fence));
    }
    await noteDown(waiting);
    expect(await catalogue.recordings.listUnmeasured('', 10)).toEqual([fresh, done, last]);
    expect(await catalogue.recordings.listUnmeasured('', 1)).toEqual([fresh]);
    expect(await catalogue.recordings.listUnmeasured(fresh, 10)).toEqual([done, last]);
  });

  it.runIf(isOnSqlite())('finds its place in a catalogue of an earlier version', async () => {
    const early = MIGRATIONS.filter(({ number }) => number < 3);
    await using catalogue = await scratchCatalogue({ migrations: early });
    await catalogue.close();
    const database = new DatabaseSync(catalogue.file);
    const id = newId(Date.UTC(2026, 0, 1));
    const { ixmlFields: _, ...tags } = NO_TAGS;
    const { aliases, markers, collections, parentIds, sync, ...rest } = someRecording();
    const { container, codec, duration, warnings } = rest;
    const told = { aliases, markers, collections, parentIds, sync, container, codec, duration, warnings };
    const document = { ...told, audioChecksum: null, embedded: { ...tags, title: 'Old' } };
    database
      .prepare(
        `INSERT INTO recordings (row_key, id, status, kind, title, filename, stored_filename, filesize_bytes, checksum,
           is_deduplicated, version, created_at, modified_at, tags, notes, document)
         VALUES (1, ?, 'active', 'file', 'Old', 'old.wav', 'raw/old.wav', 1, ?, 0, 5, ?, ?, '[]', '', ?)`,
      )
      .run(
        id,
        'e'.repeat(64),
        '2026-01-01T00:00:00.000Z',
        '2026-01-01T00:00:00.000Z',
        JSON.stringify(document),
      );
    database.close();
    const upgraded = await catalogue.reopen({ migrations: MIGRATIONS });
    try {
      expect(await upgraded.recordings.listUnmeasured('', 10)).toEqual([id]);
      expect(await upgraded.recordings.find(id)).toMatchObject({
        audioChecksum: null,
        embedded: { title: 'Old', ixmlFields: null },
      });
      await upgraded.recordings.keepMeasurement(id, measurement);
      expect(await upgraded.recordings.amend(id, { notes: 'x' }, 5)).toMatchObject({
        version: 7,
        ...sound,
      });
    } finally {
      await upgraded.close();
    }
  });
});
