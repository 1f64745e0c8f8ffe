import type { Alert, AlertRule, DeliveryOutcome, Silence } from '../model/alert.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { HealthCheckResult } from '../model/health.ts';
import { newId } from '../model/id.ts';
import { AlertDesk } from './alert-desk.ts';
import { AlertPost } from './alert-post.ts';
import type { AlertTarget } from './alert-targets.ts';
import type { Alerts } from './alerts.ts';

/** Where alerts are kept. */
export interface AlertKeeping {
  enter(alerts: readonly Alert[]): Promise<void>;
  list(state: Alert['state'], limit: number): Promise<readonly Alert[]>;
  prune(before: string): Promise<void>;
  silence(silence: Silence): Promise<void>;
  unsilence(check: string): Promise<void>;
  silences(): Promise<readonly Silence[]>;
}

export interface AlertServiceDesk {
  readonly clock: Clock;
  readonly book: AlertKeeping;
  readonly rules: readonly AlertRule[];
  readonly targets: readonly AlertTarget[];
  readonly onChange: (alert: Alert) => void;
  readonly onFault: (error: unknown, what: string) => void;
}

const TICK_MS = 1_000;
const MAX_LISTED = 200;
const MAX_RESTORED = 500;
const MAX_SILENCE_MINUTES = 30 * 24 * 60;
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
const PRUNE_EVERY_MS = 60 * 60 * 1000;
/** Of what waits while the database takes nothing. */
const MAX_UNSAVED = 1_000;

/** Alerts of one store: made from what its checks say, kept in its database, told to everybody who is to know. */
export class AlertService implements Alerts {
  readonly #desk: AlertServiceDesk;
  readonly #alerts: AlertDesk;
  readonly #post: AlertPost;
  readonly #unsaved = new Map<string, Alert>();
  #saving: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(desk: AlertServiceDesk) {
    this.#desk = desk;
    this.#post = new AlertPost({
      targets: desk.targets,
      onFault: (error, target) => desk.onFault(error, `Word of an alert was not taken by ${target}.`),
    });
    this.#alerts = new AlertDesk({
      clock: desk.clock,
      rules: desk.rules,
      onChange: (alert, isNews) => {
        this.#unsaved.set(alert.id, alert);
        const [oldest] = this.#unsaved.keys();
        if (this.#unsaved.size > MAX_UNSAVED && oldest !== undefined) this.#unsaved.delete(oldest);
        if (isNews) this.#post.post(alert);
        desk.onChange(alert);
      },
    });
  }

  hear(result: HealthCheckResult): void {
    this.#alerts.hear(result);
  }

  /** Takes up what an earlier run left and begins; the returned function ends it, and keeps what was not kept yet. */
  async start(): Promise<() => Promise<void>> {
    try {
      const [open, silences] = await Promise.all([
        this.#desk.book.list('firing', MAX_RESTORED),
        this.#desk.book.silences(),
      ]);
      this.#alerts.restore(open, silences);
    } catch (error) {
      this.#desk.onFault(error, 'Earlier alerts could not be read.');
    }
    this.#timer = setInterval(() => {
      this.#alerts.tick();
      void this.#save();
    }, TICK_MS).unref();
    return async () => {
      clearInterval(this.#timer);
      this.#post.close();
      await this.#saving;
      await this.#save();
    };
  }

  async list(): Promise<readonly Alert[]> {
    const here = this.#alerts.list();
    const known = new Set(here.map(({ id }) => id));
    const firing = here.filter(({ state }) => state === 'firing');
    const ended = here.filter(({ state }) => state === 'resolved');
    const earlier = await this.#desk.book.list('resolved', MAX_LISTED).catch(() => []);
    const all = [...ended, ...earlier.filter(({ id }) => !known.has(id))];
    return [...firing, ...all.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)).slice(0, MAX_LISTED)];
  }

  async acknowledge(id: string, by: string): Promise<Alert> {
    return this.#alerts.acknowledge(id, by);
  }

  async resolve(id: string): Promise<Alert> {
    return this.#alerts.dismiss(id);
  }

  async silence(check: string, minutes: number, by: string): Promise<Silence> {
    if (!(minutes > 0 && minutes <= MAX_SILENCE_MINUTES)) {
      throw new VoiceRecorderError(
        'invalid-input',
        `A silence lasts from 1 to ${MAX_SILENCE_MINUTES} minutes, not ${minutes}.`,
      );
    }
    const silence = { check, until: toIsoUtc(this.#desk.clock.nowMs() + minutes * 60_000), by };
    this.#alerts.silence(silence);
    await this.#desk.book.silence(silence);
    return silence;
  }

  async unsilence(check: string): Promise<boolean> {
    const wasSilent = this.#alerts.unsilence(check);
    await this.#desk.book.unsilence(check);
    return wasSilent;
  }

  async silences(): Promise<readonly Silence[]> {
    return this.#alerts.silences();
  }

  async test(by: string): Promise<readonly DeliveryOutcome[]> {
    const now = toIsoUtc(this.#desk.clock.nowMs());
    return await this.#post.test({
      ...{
        id: newId(this.#desk.clock.nowMs()),
        check: 'test',
        severity: 'minor',
        level: 'warn',
        state: 'firing',
      },
      ...{
        message: `This is a test that ${by} asked for: word of alerts comes here.`,
        remedy: null,
        value: null,
      },
      ...{ startedAt: now, changedAt: now, resolvedAt: null, acknowledgedBy: null, acknowledgedAt: null },
      ...{ returns: 0, isSilenced: false },
    });
  }

  #save(): Promise<void> {
    this.#saving ??= this.#saveNow().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const batch = [...this.#unsaved.values()];
    this.#unsaved.clear();
    try {
      await this.#desk.book.enter(batch);
      if (performance.now() - this.#prunedAtMs < PRUNE_EVERY_MS) return;
      this.#prunedAtMs = performance.now();
      await this.#desk.book.prune(toIsoUtc(this.#desk.clock.nowMs() - KEPT_MS));
    } catch (error) {
      for (const alert of batch) if (!this.#unsaved.has(alert.id)) this.#unsaved.set(alert.id, alert);
      // The database is not well, which is an alert itself.
      if (batch.length > 0) this.#desk.onFault(error, 'Alerts could not be kept; they wait.');
    }
  }
}
