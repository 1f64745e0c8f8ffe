import type { Alert, AlertRule, Silence } from '../model/alert.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { HealthCheckResult } from '../model/health.ts';
import { newId } from '../model/id.ts';
import { judge, ruleFor } from './judge-rule.ts';

export interface AlertDeskParts {
  readonly clock: Clock;
  readonly rules: readonly AlertRule[];
  /** Hears of each change. `isNews`: people are to be sent word of it. */
  readonly onChange: (alert: Alert, isNews: boolean) => void;
}

/** What came back within this time is the same alert, of which nobody is told again within it. */
const SAME_AGAIN_MS = 10 * 60_000;
/** Ended ones that are still at hand; all of them are in the database. */
const MAX_ENDED = 500;

interface Course {
  result: HealthCheckResult;
  /** By the monotonic clock; undefined while the check is well. */
  badSinceMs: number | undefined;
  goodSinceMs: number | undefined;
  alert: Alert | undefined;
  resolvedAtMs: number;
  toldAtMs: number;
  /** A person ended it: nothing of it is an alert until the check was well once. */
  isDismissed: boolean;
}

/** Makes alerts of what health checks find: one for each check, however often it says so. */
export class AlertDesk {
  readonly #parts: AlertDeskParts;
  readonly #courses = new Map<string, Course>();
  readonly #silences = new Map<string, Silence>();
  #ended: Alert[] = [];

  constructor(parts: AlertDeskParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier run left: what still fires is not told anew. */
  restore(open: readonly Alert[], silences: readonly Silence[]): void {
    for (const silence of silences) this.#silences.set(silence.check, silence);
    for (const alert of open) {
      if (this.#courses.has(alert.check)) continue;
      const { check: name, severity, message, remedy, value, startedAt } = alert;
      const result: HealthCheckResult = {
        ...{ name, severity, message, remedy, value, threshold: null, unit: null, durationMs: 0 },
        ...{ status: alert.level, checkedAt: startedAt, since: startedAt },
      };
      this.#courses.set(name, { ...freshCourse(result), alert, toldAtMs: this.#monotonicMs() });
    }
  }

  hear(result: HealthCheckResult): void {
    const course = this.#courses.get(result.name) ?? freshCourse(result);
    this.#courses.set(result.name, course);
    course.result = result;
    this.#review(course);
  }

  /** Time has passed: what lasts long enough becomes an alert, what is over for long enough ends. */
  tick(): void {
    for (const course of this.#courses.values()) this.#review(course);
  }

  /** Those that fire, then those that ended lately, newest first. */
  list(): readonly Alert[] {
    const firing = [...this.#courses.values()].flatMap(({ alert }) =>
      alert?.state === 'firing' ? [this.#shown(alert)] : [],
    );
    return [...firing.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)), ...this.#ended.toReversed()];
  }

  silences(): readonly Silence[] {
    const now = toIsoUtc(this.#parts.clock.nowMs());
    for (const [check, { until }] of this.#silences) if (until <= now) this.#silences.delete(check);
    return [...this.#silences.values()];
  }

  silence(silence: Silence): void {
    this.#silences.set(silence.check, silence);
  }

  /** Whether there was one. */
  unsilence(check: string): boolean {
    return this.#silences.delete(check);
  }

  /** Somebody sees to it. Throws `alert-unknown`. */
  acknowledge(id: string, by: string): Alert {
    const course = this.#courseOf(id);
    const acknowledgedAt = toIsoUtc(this.#parts.clock.nowMs());
    return this.#change(course, { ...course.alert, acknowledgedBy: by, acknowledgedAt }, false);
  }

  /** Ends it by a person's word, until the check was well and is not again. Throws `alert-unknown`. */
  dismiss(id: string): Alert {
    const course = this.#courseOf(id);
    course.isDismissed = true;
    return this.#end(course, course.alert, false);
  }

  #review(course: Course): void {
    const { result } = course;
    const { rule, afterMs, clearAfterMs } = ruleFor(this.#parts.rules, result.name, result.severity);
    const verdict = judge(rule, result);
    const nowMs = this.#monotonicMs();
    const isFiring = course.alert?.state === 'firing';
    if (verdict === 'bad' || (verdict === 'between' && isFiring)) {
      course.goodSinceMs = undefined;
      course.badSinceMs ??= nowMs;
      if (nowMs - course.badSinceMs >= afterMs && !course.isDismissed) this.#fire(course, nowMs);
      return;
    }
    course.badSinceMs = undefined;
    course.goodSinceMs ??= nowMs;
    course.isDismissed = false;
    if (course.alert?.state === 'firing' && nowMs - course.goodSinceMs >= clearAfterMs)
      this.#end(course, course.alert, course.toldAtMs !== Number.NEGATIVE_INFINITY);
  }

  #fire(course: Course, nowMs: number): void {
    const { name: check, severity, status, message, remedy, value } = course.result;
    const level = status === 'warn' || status === 'pass' ? 'warn' : 'fail';
    const now = toIsoUtc(this.#parts.clock.nowMs());
    const last = course.alert;
    const isBack = last?.state === 'resolved' && nowMs - course.resolvedAtMs < SAME_AGAIN_MS;
    if (last?.state === 'firing' || isBack) {
      const isWorse = last.level === 'warn' && level === 'fail';
      const isDue = nowMs - course.toldAtMs >= SAME_AGAIN_MS && isBack;
      const isSame = last.state === 'firing' && last.level === level && last.message === message;
      // Nobody was told while it was silenced.
      const isOwed = course.toldAtMs === Number.NEGATIVE_INFINITY && !this.#isSilenced(check);
      if (isSame && last.value === value && !isOwed) return;
      const next: Alert = {
        ...last,
        ...{ level, message, remedy, value, state: 'firing', resolvedAt: null, changedAt: now },
        returns: last.returns + (isBack ? 1 : 0),
      };
      if (isBack) this.#ended = this.#ended.filter(({ id }) => id !== last.id);
      this.#change(course, next, isWorse || isDue || isOwed, !isSame || isOwed);
      return;
    }
    const alert: Alert = {
      ...{
        id: newId(this.#parts.clock.nowMs()),
        check,
        severity,
        level,
        state: 'firing',
        message,
        remedy,
        value,
      },
      ...{ startedAt: now, changedAt: now, resolvedAt: null, acknowledgedBy: null, acknowledgedAt: null },
      ...{ returns: 0, isSilenced: false },
    };
    course.toldAtMs = Number.NEGATIVE_INFINITY;
    this.#change(course, alert, true);
  }

  #end(course: Course, alert: Alert, isNews: boolean): Alert {
    const now = toIsoUtc(this.#parts.clock.nowMs());
    course.resolvedAtMs = this.#monotonicMs();
    const ended = this.#change(
      course,
      { ...alert, state: 'resolved', resolvedAt: now, changedAt: now },
      isNews,
    );
    this.#ended.push(ended);
    if (this.#ended.length > MAX_ENDED) this.#ended.shift();
    return ended;
  }

  /** `isTold`: those who watch hear of it; a value that moves a little is not worth that. */
  #change(course: Course, next: Alert, isNews: boolean, isTold = true): Alert {
    course.alert = next;
    const shown = this.#shown(next);
    const isSent = isNews && !shown.isSilenced;
    if (isSent) course.toldAtMs = this.#monotonicMs();
    if (isTold) this.#parts.onChange(shown, isSent);
    return shown;
  }

  #shown(alert: Alert): Alert {
    return { ...alert, isSilenced: this.#isSilenced(alert.check) };
  }

  #isSilenced(name: string): boolean {
    return this.silences().some(({ check }) => check === name);
  }

  #courseOf(id: string): Course & { alert: Alert } {
    for (const course of this.#courses.values()) {
      if (course.alert?.id === id && course.alert.state === 'firing')
        return course as Course & { alert: Alert };
    }
    throw new VoiceRecorderError('alert-unknown', `No alert ${id} is firing: it may have ended meanwhile.`);
  }

  #monotonicMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}

function freshCourse(result: HealthCheckResult): Course {
  return {
    ...{ result, badSinceMs: undefined, goodSinceMs: undefined, alert: undefined, isDismissed: false },
    ...{ resolvedAtMs: Number.NEGATIVE_INFINITY, toldAtMs: Number.NEGATIVE_INFINITY },
  };
}
