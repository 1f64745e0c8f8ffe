import { expect, it } from 'vitest';
import { runOnSqlite } from './jobs.ts';

it('has each effect happen exactly once when those who run jobs are killed or stand still', async () => {
  const report = await runOnSqlite({
    seed: 20_261_123,
    count: 40,
    kills: 2,
    standstills: 1,
    workers: 2,
    pauseMs: 20,
    leaseMs: 1000,
  });
  expect(report.broken).toEqual([]);
  expect(report).toMatchObject({ effects: 40, kills: 2 });
});
