import { describe, expect, it } from 'vitest';
import type { Alert, AlertRule } from '../model/alert.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import type { CheckStatus, HealthCheckResult, Severity } from '../model/health.ts';
import { AlertDesk } from './alert-desk.ts';

function deskAt(rules: readonly AlertRule[] = []) {
  const time = { ms: Date.UTC(2026, 0, 1), monotonicMs: 0 };
  const clock: Clock = { ...systemClock, nowMs: () => time.ms, monotonicMs: () => time.monotonicMs };
  const told: { readonly alert: Alert; readonly isNews: boolean }[] = [];
  const desk = new AlertDesk({
    clock,
    rules,
    onChange: (alert, isNews) => void told.push({ alert, isNews }),
  });
  const pass = (seconds: number) => {
    time.ms += seconds * 1000;
    time.monotonicMs += seconds * 1000;
    desk.tick();
  };
  const hear = (status: CheckStatus, more: Partial<HealthCheckResult> = {}) => {
    const checkedAt = new Date(time.ms).toISOString();
    desk.hear({
      ...{
        name: 'disk-space',
        status,
        severity: 'major' as Severity,
        value: null,
        threshold: null,
        unit: null,
      },
      ...{ message: `It is ${status}.`, remedy: null, durationMs: 1, checkedAt, since: checkedAt },
      ...more,
    });
  };
  const news = () =>
    told.filter(({ isNews }) => isNews).map(({ alert }) => `${alert.check} ${alert.state} ${alert.level}`);
  return { desk, time, told, pass, hear, news };
}

describe('an alert', () => {
  it('begins when its check was not well for long enough, and ends when it was well for long enough', () => {
    const { desk, pass, hear, news } = deskAt();
    hear('fail');
    pass(59);
    expect(desk.list()).toEqual([]);
    pass(1);
    expect(desk.list()).toMatchObject([{ check: 'disk-space', state: 'firing', level: 'fail' }]);
    hear('pass');
    pass(59);
    expect(desk.list()).toMatchObject([{ state: 'firing' }]);
    pass(1);
    expect(desk.list()).toMatchObject([{ state: 'resolved', resolvedAt: expect.any(String) }]);
    expect(news()).toEqual(['disk-space firing fail', 'disk-space resolved fail']);
  });

  it('of something critical begins at once', () => {
    const { hear, news } = deskAt();
    hear('unknown', { severity: 'critical' });
    expect(news()).toEqual(['disk-space firing fail']);
  });

  it('is one, however often its check says so, and tells when it gets worse', () => {
    const { desk, pass, hear, news } = deskAt();
    for (let n = 0; n < 10_000; n += 1) hear('warn', { value: n });
    pass(60);
    for (let n = 0; n < 10_000; n += 1) hear('warn', { value: n });
    hear('fail');
    hear('fail');
    expect(desk.list()).toHaveLength(1);
    expect(news()).toEqual(['disk-space firing warn', 'disk-space firing fail']);
  });

  it('does not flap: what comes and goes within seconds is none, what comes back within minutes is the same', () => {
    const { desk, pass, hear, news } = deskAt();
    for (let n = 0; n < 100; n += 1) {
      hear(n % 2 ? 'fail' : 'pass');
      pass(10);
    }
    expect(desk.list()).toEqual([]);
    for (let n = 0; n < 3; n += 1) {
      hear('fail');
      pass(61);
      hear('pass');
      pass(61);
    }
    expect(desk.list()).toHaveLength(1);
    expect(desk.list()[0]).toMatchObject({ state: 'resolved', returns: 2 });
    expect(news().filter((word) => word.includes('firing'))).toHaveLength(1);
    pass(3600);
    hear('fail');
    pass(61);
    expect(desk.list()).toHaveLength(2);
    expect(news().filter((word) => word.includes('firing'))).toHaveLength(2);
  });

  it('is judged by a limit of its own, with room between its beginning and its end', () => {
    const { desk, hear, pass } = deskAt([
      { check: 'disk-space', below: 100, afterSeconds: 0, clearAfterSeconds: 0 },
    ]);
    hear('pass', { value: 101 });
    expect(desk.list()).toEqual([]);
    hear('pass', { value: 99 });
    expect(desk.list()).toMatchObject([{ state: 'firing', level: 'warn', value: 99 }]);
    hear('pass', { value: 105 });
    expect(desk.list()).toMatchObject([{ state: 'firing' }]);
    hear('pass', { value: 111 });
    pass(0);
    expect(desk.list()).toMatchObject([{ state: 'resolved' }]);
  });

  it('may be left to failures alone', () => {
    const { desk, hear } = deskAt([{ check: '*', at: 'fail', afterSeconds: 0 }]);
    hear('warn');
    expect(desk.list()).toEqual([]);
    hear('fail');
    expect(desk.list()).toHaveLength(1);
  });

  it('that somebody ended stays ended until its check was well once', () => {
    const { desk, pass, hear, news } = deskAt();
    hear('fail', { severity: 'critical' });
    const [{ id } = { id: '' }] = desk.list();
    desk.dismiss(id);
    for (let n = 0; n < 10; n += 1) {
      hear('fail', { severity: 'critical' });
      pass(60);
    }
    expect(desk.list()).toMatchObject([{ id, state: 'resolved' }]);
    expect(() => desk.acknowledge(id, 'ada')).toThrow(expect.objectContaining({ code: 'alert-unknown' }));
    pass(3600);
    hear('pass', { severity: 'critical' });
    hear('fail', { severity: 'critical' });
    expect(desk.list()).toHaveLength(2);
    expect(news()).toHaveLength(2);
  });

  it('is acknowledged by name, and silenced for a time', () => {
    const { desk, time, pass, hear, news } = deskAt();
    const until = new Date(time.ms + 3_600_000).toISOString();
    desk.silence({ check: 'disk-space', until, by: 'ada' });
    hear('fail', { severity: 'critical' });
    const [alert] = desk.list();
    expect(alert).toMatchObject({ isSilenced: true, acknowledgedBy: null });
    expect(desk.acknowledge(alert?.id ?? '', 'ada')).toMatchObject({ acknowledgedBy: 'ada' });
    expect(news()).toEqual([]);
    pass(3601);
    expect(desk.silences()).toEqual([]);
    expect(news()).toEqual(['disk-space firing fail']);
    expect(desk.list()[0]).toMatchObject({ isSilenced: false, acknowledgedBy: 'ada' });
  });

  it('outlives the server, and is not told anew', () => {
    const first = deskAt();
    first.hear('fail', { severity: 'critical' });
    const open = first.desk.list();
    const second = deskAt();
    second.desk.restore(open, []);
    second.hear('fail', { severity: 'critical' });
    expect(second.news()).toEqual([]);
    expect(second.desk.list().map(({ id }) => id)).toEqual(open.map(({ id }) => id));
    second.hear('pass', { severity: 'critical' });
    second.pass(31);
    expect(second.news()).toEqual(['disk-space resolved fail']);
  });

  it('does not depend on the wall clock, which may jump by a day back and forth', () => {
    const { desk, time, hear, pass, news } = deskAt();
    hear('fail');
    for (let n = 0; n < 6; n += 1) {
      time.ms += n % 2 ? 86_400_000 : -86_400_000;
      pass(10);
    }
    expect(news()).toEqual(['disk-space firing fail']);
    time.ms -= 86_400_000;
    hear('pass');
    pass(61);
    expect(desk.list()).toMatchObject([{ state: 'resolved' }]);
  });
});
