import { expect, it } from 'vitest';
import { run } from './uploads-kill.ts';

// Power cuts are told from the files of /proc.
it.skipIf(process.platform !== 'linux')(
  'keeps every acknowledged byte through kills and power cuts at random moments',
  async () => {
    const report = await run({ seed: 20_261_122, rounds: 8, seconds: 150 });
    expect(report.broken).toEqual([]);
    expect(report.kills).toBeGreaterThan(0);
    expect(report.acknowledgements).toBeGreaterThan(0);
  },
);
