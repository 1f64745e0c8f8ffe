import type { CheckStatus, HealthSample } from '../model/health.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';

/** A sample of one check. */
export interface NamedSample extends HealthSample {
  readonly name: string;
}

/** Removed at a time: old rows must not hold a transaction for long, however many there are. */
const PRUNED_AT_ONCE = 5_000;

/** What the health checks of this store found. Failures as of the sessions. */
export class HealthHistory {
  readonly #sessions: DatabaseSessions;
  readonly #home: string;

  constructor(sessions: DatabaseSessions, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
  }

  /** A second sample of one check and moment replaces the first. */
  async append(samples: readonly NamedSample[]): Promise<void> {
    if (samples.length === 0) return;
    await this.#sessions.withSession({ name: 'keep health' }, (db) =>
      db
        .insertInto('health_samples')
        .values(samples.map((sample) => ({ ...sample, store_id: this.#home })))
        .onConflict((conflict) =>
          conflict.columns(['store_id', 'name', 'at']).doUpdateSet((eb) => ({
            status: eb.ref('excluded.status'),
            value: eb.ref('excluded.value'),
          })),
        )
        .execute(),
    );
  }

  /** The newest `limit` samples of a check since `since` (ISO 8601 UTC), oldest first. */
  async read(name: string, since: string, limit: number): Promise<readonly HealthSample[]> {
    const rows = await this.#sessions.withSession({ name: 'read health', readonly: true }, (db) =>
      db
        .selectFrom('health_samples')
        .select(['at', 'status', 'value'])
        .where('store_id', '=', this.#home)
        .where('name', '=', name)
        .where('at', '>=', since)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.reverse().map(({ at, status, value }) => ({ at, status: status as CheckStatus, value }));
  }

  /** Removes some of what is older than `before` (ISO 8601 UTC). Resolves to whether there may be more. */
  async prune(name: string, before: string): Promise<boolean> {
    const removed = await this.#sessions.withSession({ name: 'prune health' }, async (db) => {
      const old = db
        .selectFrom('health_samples')
        .select('at')
        .where('store_id', '=', this.#home)
        .where('name', '=', name)
        .where('at', '<', before)
        .orderBy('at')
        .limit(PRUNED_AT_ONCE);
      const { numDeletedRows } = await db
        .deleteFrom('health_samples')
        .where('store_id', '=', this.#home)
        .where('name', '=', name)
        .where('at', 'in', old)
        .executeTakeFirst();
      return Number(numDeletedRows);
    });
    return removed === PRUNED_AT_ONCE;
  }
}
