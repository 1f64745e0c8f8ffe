import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Pressure } from './pressure.ts';

const ROOM = { usedBytes: 50, limitBytes: 100 };

describe('pressure', () => {
  it('is there while the event loop is kept busy, and goes when it is not', async () => {
    const pressure = new Pressure({
      readMemory: async () => ROOM,
      sampleMs: 300,
    });
    const stop = pressure.watch();
    expect(() => pressure.requireCalm()).not.toThrow();
    for (let n = 0; n < 8 && pressure.cause === undefined; n += 1) {
      const until = performance.now() + 400;
      while (performance.now() < until);
      await sleep(1);
    }
    expect(pressure.cause).toBe('event loop');
    expect(() => pressure.requireCalm()).toThrow(
      expect.objectContaining({ code: 'server-busy', isRetryable: true }),
    );
    await expect.poll(() => pressure.cause).toBeUndefined();
    stop();
  });

  it('of memory begins near its limit and ends only well below it; a moment makes none', async () => {
    let usedBytes = 50;
    const pressure = new Pressure({
      readMemory: async () => ({ usedBytes, limitBytes: 100 }),
      sampleMs: 100,
    });
    const stop = pressure.watch();
    usedBytes = 99;
    await sleep(150);
    usedBytes = 50;
    await sleep(500);
    expect(pressure.cause).toBeUndefined();
    usedBytes = 96;
    await expect.poll(() => pressure.cause).toBe('memory');
    usedBytes = 93;
    await sleep(800);
    expect(pressure.cause).toBe('memory');
    usedBytes = 80;
    await expect.poll(() => pressure.cause).toBeUndefined();
    stop();
  });
});
