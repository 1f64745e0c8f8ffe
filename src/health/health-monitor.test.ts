import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../model/clock.ts';
import type { CheckStatus, HealthSample } from '../model/health.ts';
import type { Finding, HealthCheck } from './health-check.ts';
import { HealthMonitor } from './health-monitor.ts';
import { HealthPast, type PastDesk } from './health-past.ts';

const PASS: Finding = { status: 'pass', message: 'All is well.' };

function check(name: string, run: HealthCheck['run'], more: Partial<HealthCheck> = {}): HealthCheck {
  return { name, severity: 'major', unit: null, run, ...more };
}

function monitorWith(checks: readonly HealthCheck[], past: Partial<PastDesk> = {}, roundMs = 10) {
  const faults: unknown[] = [];
  const kept: (HealthSample & { readonly name: string })[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const monitor = new HealthMonitor({
    clock: systemClock,
    past: new HealthPast({
      clock: systemClock,
      append: async (samples) => void kept.push(...samples),
      read: async () => [],
      prune: async () => false,
      onFault,
      ...past,
    }),
    roundMs,
    onFault,
  });
  for (const one of checks) monitor.watch(one);
  return { monitor, faults, kept };
}

describe('a health report', () => {
  it('says what each check found, and the whole by the worst of it', async () => {
    let status: CheckStatus = 'pass';
    const { monitor } = monitorWith([
      check('first', () => PASS),
      check('second', () => ({ status, value: 3, threshold: 2, message: 'So it is.', remedy: 'Do that.' }), {
        severity: 'critical',
        unit: 'count',
      }),
    ]);
    expect((await monitor.report()).status).toBe('healthy');
    for (const [next, whole] of [
      ['warn', 'degraded'],
      ['fail', 'failing'],
      ['unknown', 'failing'],
    ] as const) {
      status = next;
      const report = await monitor.report({ isFresh: true });
      expect(report.status).toBe(whole);
      expect(report.checks[1]).toMatchObject({
        name: 'second',
        status: next,
        severity: 'critical',
        value: 3,
        threshold: 2,
        unit: 'count',
        message: 'So it is.',
        remedy: 'Do that.',
      });
    }
  });

  it('tells what was found last unless it is to be fresh, and since when', async () => {
    const run = vi.fn(() => PASS);
    const { monitor } = monitorWith([check('one', run)]);
    const first = await monitor.report();
    expect(await monitor.report()).toEqual(first);
    expect(run).toHaveBeenCalledTimes(1);
    await sleep(5);
    const second = await monitor.report({ isFresh: true });
    expect(run).toHaveBeenCalledTimes(2);
    expect(second.checks[0]?.since).toBe(first.checks[0]?.checkedAt);
    expect(second.checkedAt > first.checkedAt).toBe(true);
  });

  it('comes in time and names a check that throws, hangs, or answers with what is no answer', async () => {
    const never = new Promise<Finding>(() => undefined);
    const { monitor } = monitorWith([
      check('throws', () => {
        throw new TypeError('a fault of the program');
      }),
      check('rejects', () => Promise.reject(new Error('the disk is away'))),
      check('hangs', () => never, { timeoutMs: 50, severity: 'critical' }),
      check('lies', () => ({ status: 'splendid', message: 'Ha.' }) as unknown as Finding),
      check('counts wrong', () => ({ ...PASS, value: Number.NaN })),
      check('is silent', () => undefined as unknown as Finding),
      check('is well', () => PASS),
    ]);
    const { status, checks } = await monitor.report();
    expect(status).toBe('failing');
    expect(checks.map((one) => one.status)).toEqual([...Array(6).fill('unknown'), 'pass']);
    expect(checks[0]?.message).toContain('a fault of the program');
    expect(checks[1]?.message).toContain('the disk is away');
    expect(checks[2]?.message).toContain('no answer within 0.05 s');
    for (const { message, name } of checks.slice(0, 6)) expect(message).toContain(name);
  });

  it('does not ask a check again that hangs, and takes it up when it has come to an end', async () => {
    let end: (finding: Finding) => void = () => undefined;
    const run = vi.fn(
      () =>
        new Promise<Finding>((resolve) => {
          end = resolve;
        }),
    );
    const { monitor } = monitorWith([check('hangs', run, { timeoutMs: 20 })]);
    for (let n = 0; n < 5; n += 1) {
      expect((await monitor.report({ isFresh: true })).checks[0]?.status).toBe('unknown');
    }
    expect(run).toHaveBeenCalledTimes(1);
    end(PASS);
    await sleep(1);
    const next = monitor.report({ isFresh: true });
    await vi.waitUntil(() => run.mock.calls.length === 2);
    end(PASS);
    expect((await next).checks[0]?.status).toBe('pass');
  });

  it('asks a check once for all who want to know at the same time', async () => {
    const run = vi.fn(async () => {
      await sleep(20);
      return PASS;
    });
    const { monitor } = monitorWith([check('one', run)]);
    await Promise.all([monitor.report(), monitor.report({ isFresh: true }), monitor.ask(['one'])]);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('leaves out what takes minutes until it was asked in its turn', async () => {
    const { monitor } = monitorWith([
      check('long', () => PASS, { isLong: true }),
      check('short', () => PASS),
    ]);
    expect((await monitor.report({ isFresh: true })).checks.map(({ name }) => name)).toEqual(['short']);
    const stop = monitor.start();
    await vi.waitUntil(async () => (await monitor.report()).checks.length === 2);
    await stop();
  });

  it('knows each name once, until it is taken back', () => {
    const { monitor } = monitorWith([]);
    const takeBack = monitor.watch(check('one', () => PASS));
    expect(() => monitor.watch(check('one', () => PASS))).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
    takeBack();
    expect(() => monitor.watch(check('one', () => PASS))).not.toThrow();
  });
});

describe('the rounds of a monitor', () => {
  it('ask each check as often as it wants and tell who listens, until they are ended', async () => {
    const often = vi.fn(() => PASS);
    const seldom = vi.fn(() => PASS);
    const { monitor, faults } = monitorWith([
      check('often', often),
      check('seldom', seldom, { everyMs: 60_000 }),
    ]);
    const heard: string[] = [];
    monitor.subscribe(() => {
      throw new Error('a listener that fails');
    });
    monitor.subscribe(({ name }) => void heard.push(name));
    const stop = monitor.start();
    await vi.waitUntil(() => often.mock.calls.length >= 4);
    await stop();
    const calls = often.mock.calls.length;
    await sleep(50);
    expect(often).toHaveBeenCalledTimes(calls);
    expect(seldom).toHaveBeenCalledTimes(1);
    expect(heard.filter((name) => name === 'often')).toHaveLength(calls);
    expect(faults.map(String)).toContain('Error: a listener that fails');
  });

  it('go on while the database keeps nothing, or stands still', async () => {
    const run = vi.fn(() => PASS);
    const { monitor } = monitorWith([check('one', run)], {
      read: () => new Promise(() => undefined),
      append: () => Promise.reject(new Error('the database is away')),
    });
    const stop = monitor.start();
    await vi.waitUntil(() => run.mock.calls.length >= 4);
    await stop();
  });
});
