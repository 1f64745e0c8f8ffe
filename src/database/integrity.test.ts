import { open, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { databaseIntegrity } from '../health/checks/database.ts';
import { readThrough } from './integrity.ts';

describe('reading a database through', () => {
  it('finds a whole one whole, with every depth, while others write', async () => {
    await using catalogue = await scratchCatalogue();
    const never = new AbortController().signal;
    for (const depth of ['quick', 'full', 'snapshot'] as const) {
      const [verdict] = await Promise.all([
        readThrough({ file: catalogue.file, depth }, never),
        ...Array.from({ length: 20 }, () => addRecording(catalogue)),
      ]);
      expect(verdict).toBe('ok');
    }
  });

  it('finds torn pages, and the check says what to do', async () => {
    await using catalogue = await scratchCatalogue();
    for (let n = 0; n < 50; n += 1) await addRecording(catalogue);
    await catalogue.contexts.withSession({ name: 'checkpoint' }, async () => undefined);
    const copy = `${catalogue.file}-copy`;
    await catalogue.snapshot(copy);
    const pages = Math.floor((await stat(copy)).size / 4096);
    const file = await open(copy, 'r+');
    for (let page = 2; page < pages; page += 1)
      await file.write(Buffer.alloc(300, 0xa5), 0, 300, page * 4096 + 8);
    await file.close();
    const check = databaseIntegrity((isFull, signal) =>
      readThrough({ file: copy, depth: isFull ? 'full' : 'quick' }, signal),
    );
    const finding = await check.run({ signal: new AbortController().signal, past: [] });
    expect(finding).toMatchObject({ status: 'fail', remedy: expect.stringContaining('vrp restore-backup') });
    await expect(
      readThrough({ file: copy, depth: 'snapshot' }, new AbortController().signal),
    ).rejects.toMatchObject({ code: 'catalogue-damaged' });
  });

  it('ends when it is called off', async () => {
    await using catalogue = await scratchCatalogue();
    const stop = new AbortController();
    const reading = readThrough({ file: catalogue.file, depth: 'full' }, stop.signal);
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: 'interrupted' });
  });
});
