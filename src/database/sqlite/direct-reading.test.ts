import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../../test/scratch-catalogue.ts';
import { openForReading } from '../../catalogue/open-catalogue.ts';
import { systemClock } from '../../model/clock.ts';
import { failureCodeOf } from '../../model/failure.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => undefined, failureCodeOf);

describe('openForReading', () => {
  it('sees what a writer beside it has committed, the newest too', async () => {
    await using catalogue = await scratchCatalogue();
    const first = await addRecording(catalogue, { title: 'First' });
    const reading = await openForReading(catalogue.file, systemClock);
    expect((await reading.recordings.find(first.id))?.title).toBe('First');
    await addRecording(catalogue, { title: 'Second' });
    const [page, found] = await Promise.all([
      reading.recordings.list({}),
      reading.recordings.list({ query: 'second' }),
    ]);
    expect(page.items).toHaveLength(2);
    expect(found.items.map(({ title }) => title)).toEqual(['Second']);
    await reading.close();
  });

  it('writes nothing and refuses to', async () => {
    await using catalogue = await scratchCatalogue();
    const { id } = await addRecording(catalogue);
    const reading = await openForReading(catalogue.file, systemClock);
    const before = readFileSync(catalogue.file);
    await expect(reading.recordings.amend(id, { title: 'x' })).rejects.toThrow('for reading only');
    await reading.close();
    expect(readFileSync(catalogue.file).equals(before)).toBe(true);
    expect((await catalogue.recordings.find(id))?.title).not.toBe('x');
  });

  it('says what it cannot read: nothing there, an older schema, no database', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-reading-'));
    const file = join(folder, 'catalogue.sqlite');
    expect(await codeOf(openForReading(file, systemClock))).toBe('catalogue-missing');
    writeFileSync(file, 'this is no database, and long enough to be looked at'.repeat(20));
    expect(await codeOf(openForReading(file, systemClock))).toBe('catalogue-damaged');
    await rm(folder, { recursive: true });
    await using catalogue = await scratchCatalogue();
    await catalogue.close();
    const database = new DatabaseSync(catalogue.file);
    database.exec('PRAGMA user_version = 1');
    database.close();
    expect(await codeOf(openForReading(catalogue.file, systemClock))).toBe('catalogue-too-old');
  });
});
