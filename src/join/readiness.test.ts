import { rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { someRecording } from '../../test/some-recording.ts';
import { isReadyToRecord } from './readiness.ts';

const room = async () => 1;

describe('a recorder', () => {
  it('is ready while its catalogue answers and there is room', async () => {
    await using catalogue = await scratchCatalogue();
    expect(await isReadyToRecord(catalogue, room)).toBe(true);
    expect(await isReadyToRecord(catalogue, async () => 0)).toBe(false);
  });

  it('is not ready without its database, finds out by itself when it is back, and lost nothing', async () => {
    await using catalogue = await scratchCatalogue();
    const before = await addRecording(catalogue);
    await rename(catalogue.file, `${catalogue.file}-elsewhere`);
    const claim = () => catalogue.recordings.claim(someRecording(), { isDeduplicated: false });
    for (let n = 0; n < 5; n++) await expect(claim()).rejects.toMatchObject({ code: 'catalogue-missing' });
    await expect(claim()).rejects.toMatchObject({ code: 'catalogue-unavailable', isRetryable: true });
    expect(catalogue.contexts.breaker.writes).toBe('open');
    expect(await isReadyToRecord(catalogue, room)).toBe(false);
    await rename(`${catalogue.file}-elsewhere`, catalogue.file);
    // Nobody else comes to try it.
    await expect.poll(() => isReadyToRecord(catalogue, room)).toBe(true);
    expect(catalogue.contexts.breaker.state).toBe('closed');
    expect((await catalogue.recordings.find(before.id))?.version).toBe(before.version);
    expect((await claim()).outcome).toBe('claimed');
  });

  it('passes on what is no failure of the database', async () => {
    await using catalogue = await scratchCatalogue();
    await expect(isReadyToRecord(catalogue, () => Promise.reject(new TypeError('a fault')))).rejects.toThrow(
      'a fault',
    );
  });
});
