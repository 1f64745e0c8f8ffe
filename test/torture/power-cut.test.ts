import { afterAll, expect, it } from 'vitest';
import { whyNoPowerCut } from '../loop-disk.ts';
import { run } from './power-cut.ts';

const reason = await whyNoPowerCut('xfs');
afterAll(() => {
  if (reason !== undefined) console.warn(`NO POWER WAS CUT: ${reason}.`);
});

it.skipIf(reason !== undefined)(
  `keeps what was answered when the power is cut${reason === undefined ? '' : ` (${reason})`}`,
  async () => {
    const report = await run({ seed: 20_261_123, cuts: 3, seconds: 150 });
    expect(report.broken).toEqual([]);
    expect(report.cuts['log-lost'] + report.cuts['log-kept']).toBeGreaterThan(1);
    expect(report.acknowledgements).toBeGreaterThan(0);
  },
);
