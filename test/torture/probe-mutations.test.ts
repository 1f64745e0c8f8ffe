import { describe, expect, it } from 'vitest';
import { run } from './probe-mutations.ts';

describe('mutated files', () => {
  it('never crash, hang or swell the media processes (500 of 20,000)', async () => {
    const report = await run({ seed: 20_261_122, count: 500 });
    expect(report.broken).toEqual([]);
    expect(report.keptCount).toBeGreaterThan(80);
    expect(report.refusedCount).toBeGreaterThan(15);
    expect(report.decodedCount).toBeGreaterThan(10);
    expect(report.repairedCount).toBeGreaterThan(5);
  });
});
