import type { Alert, Silence } from '../model/alert.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';

/** Written in one statement. */
const AT_ONCE = 100;
const PRUNED_AT_ONCE = 1_000;

/** Alerts of this store and what was silenced. Failures as of the sessions. */
export class AlertBook {
  readonly #sessions: DatabaseSessions;
  readonly #home: string;

  constructor(sessions: DatabaseSessions, home: string = NO_STORE) {
    this.#sessions = sessions;
    this.#home = home;
  }

  /** Enters alerts as they are now. */
  async enter(alerts: readonly Alert[]): Promise<void> {
    if (alerts.length === 0) return;
    const rows = alerts.map((alert) => ({
      store_id: this.#home,
      id: alert.id,
      state: alert.state,
      started_at: alert.startedAt,
      document: JSON.stringify(alert),
    }));
    await this.#sessions.withSession({ name: 'enter alerts' }, async (db) => {
      for (let start = 0; start < rows.length; start += AT_ONCE) {
        await db
          .insertInto('alerts')
          .values(rows.slice(start, start + AT_ONCE))
          .onConflict((conflict) =>
            conflict.columns(['store_id', 'id']).doUpdateSet((eb) => ({
              state: eb.ref('excluded.state'),
              document: eb.ref('excluded.document'),
            })),
          )
          .execute();
      }
    });
  }

  /** Newest first. */
  async list(state: Alert['state'], limit: number): Promise<readonly Alert[]> {
    const rows = await this.#sessions.withSession({ name: 'list alerts', readonly: true }, (db) =>
      db
        .selectFrom('alerts')
        .select('document')
        .where('store_id', '=', this.#home)
        .where('state', '=', state)
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.map(({ document }) => JSON.parse(document) as Alert);
  }

  /** Removes some that ended and began before `before` (ISO 8601 UTC). */
  async prune(before: string): Promise<void> {
    await this.#sessions.withSession({ name: 'prune alerts' }, async (db) => {
      const old = db
        .selectFrom('alerts')
        .select('id')
        .where('store_id', '=', this.#home)
        .where('state', '=', 'resolved')
        .where('started_at', '<', before)
        .limit(PRUNED_AT_ONCE);
      await db.deleteFrom('alerts').where('store_id', '=', this.#home).where('id', 'in', old).execute();
    });
  }

  async silence({ check, until, by }: Silence): Promise<void> {
    await this.#sessions.withSession({ name: 'silence alerts' }, (db) =>
      db
        .insertInto('alert_silences')
        .values({ store_id: this.#home, check_name: check, until, by_whom: by })
        .onConflict((conflict) =>
          conflict.columns(['store_id', 'check_name']).doUpdateSet({ until, by_whom: by }),
        )
        .execute(),
    );
  }

  async unsilence(check: string): Promise<void> {
    await this.#sessions.withSession({ name: 'unsilence alerts' }, (db) =>
      db
        .deleteFrom('alert_silences')
        .where('store_id', '=', this.#home)
        .where('check_name', '=', check)
        .execute(),
    );
  }

  async silences(): Promise<readonly Silence[]> {
    const rows = await this.#sessions.withSession({ name: 'list silences', readonly: true }, (db) =>
      db.selectFrom('alert_silences').selectAll().where('store_id', '=', this.#home).execute(),
    );
    return rows.map(({ check_name: check, until, by_whom: by }) => ({ check, until, by }));
  }
}
