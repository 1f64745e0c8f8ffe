import { describe, expect, it } from 'vitest';
import { run } from '../torture/long-take.ts';
import { findChromium } from './chromium.ts';

const found = await findChromium();

describe.skipIf(!found)('a long take (skipped without Chromium)', () => {
  it('is stored whole, and the page holds on to nothing of what it sent', async () => {
    const { results, broken } = await run({ preset: 'archive', takeSeconds: 120 });
    expect(broken).toEqual([]);
    expect(results.map(({ storedSeconds }) => Math.round(storedSeconds ?? 0))).toEqual([120]);
  });
});
