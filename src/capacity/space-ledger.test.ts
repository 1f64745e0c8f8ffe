import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SpaceLedger } from './space-ledger.ts';

function ledgerOf(usableBytes: number) {
  const disk = { usableBytes, nowMs: 0 };
  const ledger = new SpaceLedger({
    usableBytes: async () => {
      await sleep(1);
      return disk.usableBytes;
    },
    clock: { monotonicMs: () => disk.nowMs },
  });
  return { disk, ledger };
}

describe('the ledger of promised room', () => {
  it('never promises the same room twice, however many ask at once', async () => {
    const { ledger } = ledgerOf(1000);
    const asked = Array.from({ length: 20 }, (_, i) => ledger.reserve(`upload ${i}`, 300, `upload ${i}`));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'disk-full', details: { sizeBytes: 300, freeBytes: 100 } });
    expect(ledger.reservedBytes()).toBe(900);
  });

  it('counts only what is still to be written, for the rest is missing from the disk already', async () => {
    const { disk, ledger } = ledgerOf(1000);
    await ledger.reserve('a', 800, 'a');
    ledger.progress('a', 600);
    disk.usableBytes = 400;
    expect(ledger.reservedBytes()).toBe(200);
    await ledger.reserve('b', 200, 'b');
    await expect(ledger.reserve('c', 1, 'c')).rejects.toMatchObject({ code: 'disk-full' });
    ledger.progress('a', 800);
    ledger.release('b');
    disk.usableBytes = 200;
    expect(ledger.reservedBytes()).toBe(0);
    await ledger.reserve('c', 200, 'c');
    ledger.progress('unknown', 5);
    expect(ledger.reservedBytes()).toBe(200);
  });

  it('forgets who was silent for a quarter of an hour, and takes the claim up again with the next piece', async () => {
    const { disk, ledger } = ledgerOf(1000);
    await ledger.reserve('a', 800, 'a');
    disk.nowMs = 14 * 60_000;
    ledger.progress('a', 100);
    disk.nowMs = 28 * 60_000;
    expect(ledger.reservedBytes()).toBe(700);
    disk.nowMs = 30 * 60_000;
    expect(ledger.reservedBytes()).toBe(0);
    ledger.claim('a', 800, 200);
    expect(ledger.reservedBytes()).toBe(600);
  });
});
