import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CleanupReport } from '../model/cleanup.ts';
import { startPurgeRounds } from './purge-round.ts';

const HOUR_MS = 60 * 60 * 1000;
const report = (count: number): CleanupReport => ({
  done: [{ kind: 'trash', count, freedBytes: 1 }],
  freedBytes: 1,
  failed: [],
});

let nowMs: number;
let monotonicMs: number;
let rounds: number;
let seenAt: number[];
let said: string[];
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  [nowMs, monotonicMs, rounds, said, seenAt] = [1e12, 0, 0, [], []];
  end = startPurgeRounds({
    clock: { nowMs: () => nowMs, monotonicMs: () => monotonicMs },
    purgeOldTrash: async (at) => {
      rounds++;
      seenAt.push(at);
      return report(2);
    },
    log: (level, message) => said.push(`${level}: ${message}`),
  });
});
afterEach(() => {
  end();
  vi.useRealTimers();
});

/** An hour passes; the wall clock says what it likes. */
async function passHour(wallMs = HOUR_MS): Promise<void> {
  monotonicMs += HOUR_MS;
  nowMs += wallMs;
  vi.advanceTimersByTime(HOUR_MS);
  await Promise.resolve();
  await Promise.resolve();
}

describe('purging by the clock', () => {
  it('comes once an hour, and never at once', async () => {
    expect(rounds).toBe(0);
    await passHour();
    await passHour();
    expect(rounds).toBe(2);
    expect(said).toContain('info: 2 recordings were purged from the trash by the clock.');
  });

  it('leaves out the hour in which the clock was set, in either direction', async () => {
    await passHour(400 * 24 * HOUR_MS);
    expect(rounds).toBe(0);
    expect(said).toEqual(['warn: The clock was set: no trash is purged in this round.']);
    await passHour(-24 * HOUR_MS);
    expect(rounds).toBe(0);
    await passHour();
    expect(rounds).toBe(1);
  });

  it('counts no time that did not pass, however long the clock stays wrong', async () => {
    await passHour(400 * 24 * HOUR_MS);
    await passHour();
    expect(seenAt).toEqual([1e12 + 2 * HOUR_MS]);
    await passHour(-401 * 24 * HOUR_MS);
    await passHour();
    // A day behind now: nothing is older than the clock says either.
    expect(seenAt.at(-1)).toBe(nowMs);
    expect(nowMs).toBeLessThan(1e12);
  });

  it('ends when it is told to', async () => {
    end();
    await passHour();
    expect(rounds).toBe(0);
  });
});
