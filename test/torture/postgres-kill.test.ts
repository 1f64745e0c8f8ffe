import { describe, expect, it } from 'vitest';
import { openPostgres } from '../databases.ts';
import { run } from './postgres-kill.ts';

const { skipReason } = await openPostgres();

describe.skipIf(skipReason)('PostgreSQL killed under two programs that write', () => {
  it('keeps every acknowledged write once', async () => {
    const times = { seconds: 5, serverKillEveryMs: 2_000, programKillEveryMs: 3_000 };
    const report = await run({ ...times, writers: 8, readers: 2 });
    expect(report.broken).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.serverKills).toBeGreaterThan(0);
  });
});
