import type { NamedToken, Role } from '../model/access.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';

// Every request of a page counts as a use; the date need not be truer than this.
const TOUCH_INTERVAL_MS = 60_000;

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  readonly tokenHash: string;
}

export interface LoginSession {
  /** Never the secret itself. */
  readonly secretHash: string;
  readonly actorName: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

/** Named tokens and login sessions, all of them as hashes. */
export class AccessRepository {
  readonly #sessions: DatabaseSessions;
  readonly #clock: Clock;

  constructor(sessions: DatabaseSessions, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** Rejects with `token-exists` when the name is in use. */
  async addToken(token: NewToken): Promise<void> {
    const [isAdded] = await this.#sessions.withSession({ name: 'add token' }, (db, { batch }) =>
      batch([
        db
          .insertInto('tokens')
          .values({
            name: token.name,
            role: token.role,
            token_hash: token.tokenHash,
            created_at: this.#now(),
            last_used_at: null,
          })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .compile(),
      ]),
    );
    if (isAdded) return;
    throw new VoiceRecorderError(
      'token-exists',
      `There is a token named "${token.name}" already; choose another name or revoke that one first.`,
    );
  }

  /** Notes the use, at most once a minute. */
  async findTokenByHash(tokenHash: string): Promise<NamedToken | undefined> {
    const row = await this.#sessions.withSession({ name: 'find token', readonly: true }, (db) =>
      db.selectFrom('tokens').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst(),
    );
    if (!row) return undefined;
    if (this.#isDue(row.last_used_at)) {
      await this.#sessions.withSession({ name: 'touch token' }, (db) =>
        db
          .updateTable('tokens')
          .set({ last_used_at: this.#now() })
          .where('token_hash', '=', tokenHash)
          .execute(),
      );
    }
    return {
      name: row.name,
      role: row.role as Role,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    };
  }

  async listTokens(): Promise<readonly NamedToken[]> {
    const rows = await this.#sessions.withSession({ name: 'list tokens', readonly: true }, (db) =>
      db.selectFrom('tokens').selectAll().orderBy('name').execute(),
    );
    return rows.map(({ name, role, created_at, last_used_at }) => ({
      name,
      role: role as Role,
      createdAt: created_at,
      lastUsedAt: last_used_at,
    }));
  }

  /** Ends the token and every session that was opened with it. Rejects with `token-unknown`. */
  async removeToken(name: string): Promise<void> {
    const [removed] = await this.#sessions.withSession({ name: 'remove token' }, (db, { batch }) =>
      batch([
        db.deleteFrom('tokens').where('name', '=', name).compile(),
        db.deleteFrom('login_sessions').where('actor_name', '=', name).compile(),
      ]),
    );
    if (!removed) throw new VoiceRecorderError('token-unknown', `There is no token named "${name}".`);
  }

  /** Sessions that ran out are cleared away on this occasion. */
  async addSession(session: Omit<LoginSession, 'createdAt' | 'lastUsedAt'>): Promise<void> {
    const now = this.#now();
    await this.#sessions.withSession({ name: 'add login session' }, (db, { batch }) =>
      batch([
        db.deleteFrom('login_sessions').where('expires_at', '<=', now).compile(),
        db
          .insertInto('login_sessions')
          .values({
            secret_hash: session.secretHash,
            actor_name: session.actorName,
            role: session.role,
            created_at: now,
            last_used_at: now,
            expires_at: session.expiresAt,
          })
          .compile(),
      ]),
    );
  }

  /** Undefined also for one that ran out. Notes the use, at most once a minute. */
  async findSession(secretHash: string): Promise<LoginSession | undefined> {
    const row = await this.#sessions.withSession({ name: 'find login session', readonly: true }, (db) =>
      db
        .selectFrom('login_sessions')
        .selectAll()
        .where('secret_hash', '=', secretHash)
        .where('expires_at', '>', this.#now())
        .executeTakeFirst(),
    );
    if (!row) return undefined;
    if (this.#isDue(row.last_used_at)) {
      await this.#sessions.withSession({ name: 'touch login session' }, (db) =>
        db
          .updateTable('login_sessions')
          .set({ last_used_at: this.#now() })
          .where('secret_hash', '=', secretHash)
          .execute(),
      );
    }
    return {
      secretHash,
      actorName: row.actor_name,
      role: row.role as Role,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
    };
  }

  /** Does nothing when there is no such session any more. */
  async extendSession(secretHash: string, expiresAt: string): Promise<void> {
    await this.#sessions.withSession({ name: 'extend login session' }, (db) =>
      db
        .updateTable('login_sessions')
        .set({ expires_at: expiresAt })
        .where('secret_hash', '=', secretHash)
        .execute(),
    );
  }

  async removeSession(secretHash: string): Promise<void> {
    await this.#sessions.withSession({ name: 'remove login session' }, (db) =>
      db.deleteFrom('login_sessions').where('secret_hash', '=', secretHash).execute(),
    );
  }

  #now(): string {
    return toIsoUtc(this.#clock.nowMs());
  }

  #isDue(lastUsedAt: string | null): boolean {
    return lastUsedAt === null || this.#clock.nowMs() - Date.parse(lastUsedAt) >= TOUCH_INTERVAL_MS;
  }
}
