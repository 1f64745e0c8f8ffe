import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';

const child = fileURLToPath(new URL('../../test/catalogue-writer-child.ts', import.meta.url));

/** Kills the writer after so many acknowledgements and a little more; gives back what it had acknowledged. */
async function writeUntilKilled(folder: string, killAfter: number, extraMs: number): Promise<string[]> {
  const writer = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: writer.stdout });
  lines.on('line', (line) => {
    acknowledged.push(line);
    if (acknowledged.length === killAfter) setTimeout(() => writer.kill('SIGKILL'), extraMs);
  });
  // All lines have been read when both have ended.
  const [[, signal]] = await Promise.all([once(writer, 'exit'), once(lines, 'close')]);
  expect(signal).toBe('SIGKILL');
  return acknowledged;
}

describe('a writer killed in the midst of its work', () => {
  it('has kept every recording it acknowledged, and nothing by halves', async () => {
    // Seeded, so that a failure can be repeated: a linear congruential generator (Numerical Recipes, ranqd1).
    let seed = 20_261_122;
    const random = () => {
      seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return seed / 2 ** 32;
    };
    let catalogue = await scratchCatalogue();
    const acknowledged: string[] = [];
    for (let round = 0; round < 6; round++) {
      await catalogue.close();
      const killAfter = 1 + Math.floor(random() * 150);
      acknowledged.push(...(await writeUntilKilled(catalogue.folder, killAfter, random() * 30)));
      catalogue = await catalogue.reopen();
      const kept: string[] = [];
      for await (const recording of catalogue.recordings.streamAll()) kept.push(recording.id);
      const found = new Set(kept);
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
      expect((await catalogue.recordings.totals()).recordingCount).toBe(kept.length);
      expect(await catalogue.recordings.tags()).toEqual([{ tag: 'kept', count: kept.length }]);
      const owed = await catalogue.outbox.listOwed('', kept.length + 1);
      expect(owed.toSorted()).toEqual(kept.toSorted());
      // Claimed but not activated: for the recovery to finish.
      expect((await catalogue.recordings.listPlacing()).length).toBeLessThanOrEqual(8 * (round + 1));
    }
    expect(acknowledged.length).toBeGreaterThan(100);
    await catalogue[Symbol.asyncDispose]();
  });
});
