import { expect, it } from 'vitest';
import { runOnSqlite } from './jobs.ts';

it('has each effect happen exactly once when those who run jobs are killed or stand still', {
  timeout: 120_000,
}, async () => {
  const report = await runOnSqlite({
    seed: 20_261_123,
    count: 80,
    kills: 3,
    standstills: 1,
    workers: 2,
    pauseMs: 20,
    leaseMs: 1000,
  });
  expect(report.broken).toEqual([]);
  expect(report).toMatchObject({ effects: 80, kills: 3 });
});
