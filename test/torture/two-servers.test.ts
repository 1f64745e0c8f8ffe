import { describe, expect, it } from 'vitest';
import { openPostgres } from '../databases.ts';
import { run } from './two-servers.ts';

const { skipReason } = await openPostgres();

describe.skipIf(skipReason)('two servers on one database, of which one is killed', () => {
  it('keep every amendment that was answered once, and owe nothing in the end', async () => {
    const report = await run({ seed: 1, seconds: 2, serverKillEveryMs: 1_500, writers: 6 });
    expect(report.broken).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.serverKills).toBe(1);
    // Three programs start for it, which a machine with much else to do lets wait.
  }, 300_000);
});
