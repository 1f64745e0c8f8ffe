import { describe, expect, it } from 'vitest';
import { VoiceRecorderError } from '../model/failure.ts';
import type { FixityCheck } from '../model/verification.ts';
import type { CareDoor } from './care-door.ts';
import { runVerification } from './verify-run.ts';

const plan = {
  items: Array.from({ length: 40 }, (_, i) => ({ id: `id-${i}`, sizeBytes: 10 })),
  totalBytes: 400,
};

/** Reads nothing: what the run makes of answers is what is asked here. */
function careThat(verify: CareDoor['verify']): CareDoor {
  const unasked = () => Promise.reject(new Error('not asked for'));
  return { verify, repair: unasked, reconcile: unasked };
}

const okCheck = (id: string): FixityCheck => ({
  id,
  storedFilename: `raw/${id}.wav`,
  result: 'ok',
  expected: 'a',
  found: 'a',
  checkedAt: '2026-11-23T06:00:00.000Z',
  message: null,
});

describe('a run of checks', () => {
  it('ends in order when the person stops it, and counts what is left', async () => {
    const stop = new AbortController();
    const checks: FixityCheck[] = [];
    const summary = await runVerification(plan, {
      care: careThat(async (id, { signal }) => {
        if (checks.length === 10) stop.abort();
        if (signal?.aborted) throw new VoiceRecorderError('interrupted', 'Reading was stopped.');
        return okCheck(id);
      }),
      signal: stop.signal,
      onCheck: (check) => checks.push(check),
      onProgress: () => undefined,
    });
    expect(checks.length).toBeGreaterThanOrEqual(10);
    expect(summary.counts.ok).toBe(checks.length);
    expect(summary.leftOver).toBe(40 - checks.length);
    expect(summary.checkedBytes).toBe(checks.length * 10);
  });

  it('passes over recordings that were purged meanwhile', async () => {
    const { counts, leftOver } = await runVerification(plan, {
      care: careThat(async (id) => {
        if (id === 'id-3') throw new VoiceRecorderError('recording-unknown', 'There is no such recording.');
        return okCheck(id);
      }),
      signal: new AbortController().signal,
      onCheck: () => undefined,
      onProgress: () => undefined,
    });
    expect([counts.ok, leftOver]).toEqual([39, 0]);
  });

  it('ends when the store is gone: nothing more is asked', async () => {
    let asked = 0;
    const running = runVerification(plan, {
      care: careThat(() => {
        asked += 1;
        return Promise.reject(new VoiceRecorderError('store-marker-missing', 'The store is not there.'));
      }),
      signal: new AbortController().signal,
      onCheck: () => undefined,
      onProgress: () => undefined,
    });
    await expect(running).rejects.toMatchObject({ code: 'store-marker-missing' });
    expect(asked).toBeLessThan(plan.items.length);
  });

  it('tells the bytes of files that are being read besides those that are done', async () => {
    const heard: number[] = [];
    await runVerification(
      { items: [{ id: 'one', sizeBytes: 100 }], totalBytes: 100 },
      {
        care: careThat(async (id, { onProgress }) => {
          onProgress?.(40);
          // A file that grew: the bar does not run beyond its end.
          onProgress?.(400);
          return okCheck(id);
        }),
        signal: new AbortController().signal,
        onCheck: () => undefined,
        onProgress: (bytes) => heard.push(bytes),
      },
    );
    expect(heard).toEqual([40, 100, 100]);
  });
});
