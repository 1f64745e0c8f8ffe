import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { seededRandom } from '../crashtest/seeded-random.ts';
import { systemClock } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import { openForReading } from './open-catalogue.ts';

/** Each is of another place; what must not be seen shows within these, and did before. */
const ROUNDS = 100;
const FLIPS = 4;

describe('a catalogue in which bits were flipped', () => {
  it('is read rightly or said to be damaged, and never fails otherwise', async () => {
    await using catalogue = await scratchCatalogue();
    for (let n = 0; n < 12; n++) {
      await addRecording(catalogue, {
        title: `Harbour ${n}`,
        notes: 'by the sea '.repeat(40),
        tags: ['port', `t${n % 5}`],
        collections: ['Coast'],
      });
    }
    const { items } = await catalogue.recordings.list({});
    await catalogue.close();
    const sound = await readFile(catalogue.file);
    const roll = seededRandom(4711);
    const seen = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = Buffer.from(sound);
      for (let flip = 0; flip < FLIPS; flip++) {
        const at = Math.floor(roll() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(roll() * 8));
      }
      await writeFile(catalogue.file, bytes);
      const outcome = await readAll(
        catalogue.file,
        items.map(({ id }) => id),
      ).catch((error: unknown) => failureCodeOf(error) ?? `${String(error)} in round ${round}`);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['catalogue-damaged', 'read']);
  });
});

async function readAll(file: string, ids: readonly string[]): Promise<'read'> {
  const { recordings, history, close } = await openForReading(file, systemClock);
  try {
    await recordings.list({});
    await recordings.list({ query: 'harb', order: 'relevance' });
    await recordings.list({ tag: 'port', order: 'title', collection: 'coast' });
    await recordings.tags();
    for (const id of ids) {
      await recordings.find(id);
      await history.page(id).catch((error: unknown) => {
        if (failureCodeOf(error) !== 'recording-unknown') throw error;
      });
    }
    return 'read';
  } finally {
    await close();
  }
}
