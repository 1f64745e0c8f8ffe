import { expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { type WorkTogether, WritesTogether } from './writes-together.ts';

/** Enters a receipt under each name, refuses the name `bad`, and tells in `sizes` how many came together. */
function entering(sizes: number[]): WorkTogether<string, string> {
  return async (db, _, names) => {
    sizes.push(names.length);
    for (const name of names) {
      await db
        .insertInto('upload_receipts')
        .values({
          upload_id: name,
          recording_id: name,
          checksum: 'c',
          size_bytes: 1,
          is_duplicate: 0,
          completed_at: '',
        })
        .execute();
    }
    if (names.includes('bad')) throw new Error('bad');
    return names.map((name) => `${name} is in`);
  };
}

it('does what waits at the same time in one session, and gives each its own answer', async () => {
  await using catalogue = await scratchCatalogue();
  const sizes: number[] = [];
  const together = new WritesTogether(catalogue.contexts, {}, entering(sizes));
  const names = ['a', 'b', 'c'];
  expect(await Promise.all(names.map((name) => together.run(name)))).toEqual([
    'a is in',
    'b is in',
    'c is in',
  ]);
  expect(sizes).toEqual([3]);
  expect(await catalogue.recordings.findReceipt('b')).toMatchObject({ uploadId: 'b' });
});

it('lets one that fails fail alone', async () => {
  await using catalogue = await scratchCatalogue();
  const together = new WritesTogether(catalogue.contexts, {}, entering([]));
  const results = await Promise.allSettled(['a', 'bad', 'c'].map((name) => together.run(name)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await catalogue.recordings.findReceipt('a')).toBeDefined();
  expect(await catalogue.recordings.findReceipt('bad')).toBeUndefined();
  expect(await together.run('d')).toBe('d is in');
});

it('is undone with the session that it was asked for in', async () => {
  await using catalogue = await scratchCatalogue();
  const together = new WritesTogether(catalogue.contexts, {}, entering([]));
  const outer = catalogue.contexts.withSession({}, async () => {
    await together.run('a');
    throw new Error('undone');
  });
  await expect(outer).rejects.toThrow('undone');
  expect(await catalogue.recordings.findReceipt('a')).toBeUndefined();
});
