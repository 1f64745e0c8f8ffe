import type { Selectable } from 'kysely';
import type { NamedToken, Role } from '../model/access.ts';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { DatabaseSessions } from '../sessions/database-sessions.ts';
import type { TokenTable } from '../sessions/schema.ts';

export interface StoredToken extends NamedToken {
  readonly tokenHash: Sha256Hex;
}

export interface StoredLoginSession {
  readonly secretHash: Sha256Hex;
  readonly actorName: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

/** Named tokens and login sessions in the catalogue; only ever as hashes of their secrets. */
export class AccessRepository {
  readonly #sessions: DatabaseSessions;

  constructor(sessions: DatabaseSessions) {
    this.#sessions = sessions;
  }

  /** Rejects with `token-exists` when the name is in use. */
  async addToken(token: StoredToken): Promise<void> {
    const row = {
      name: token.name,
      role: token.role,
      token_hash: token.tokenHash,
      created_at: token.createdAt,
      last_used_at: token.lastUsedAt,
    };
    const added = await this.#sessions.withSession({ name: 'add token' }, (db) =>
      db
        .insertInto('tokens')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst(),
    );
    if (added.numInsertedOrUpdatedRows) return;
    throw new VoiceRecorderError(
      'token-exists',
      `There is a token named "${token.name}" already; choose another name or revoke that one first.`,
    );
  }

  async findTokenByHash(tokenHash: Sha256Hex): Promise<StoredToken | undefined> {
    const row = await this.#sessions.withSession({ name: 'find token', readonly: true }, (db) =>
      db.selectFrom('tokens').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst(),
    );
    return row && { ...toNamedToken(row), tokenHash };
  }

  async listTokens(): Promise<readonly NamedToken[]> {
    const rows = await this.#sessions.withSession({ name: 'list tokens', readonly: true }, (db) =>
      db.selectFrom('tokens').selectAll().orderBy('name').execute(),
    );
    return rows.map(toNamedToken);
  }

  async touchToken(tokenHash: Sha256Hex, lastUsedAt: string): Promise<void> {
    await this.#sessions.withSession({ name: 'touch token' }, (db) =>
      db
        .updateTable('tokens')
        .set({ last_used_at: lastUsedAt })
        .where('token_hash', '=', tokenHash)
        .execute(),
    );
  }

  /** Ends the token and every session that was opened with it. False when there was none. */
  async removeToken(name: string): Promise<boolean> {
    const [removed = 0] = await this.#sessions.withSession({ name: 'remove token' }, (db, { batch }) =>
      batch([
        db.deleteFrom('tokens').where('name', '=', name).compile(),
        db.deleteFrom('login_sessions').where('actor_name', '=', name).compile(),
      ]),
    );
    return removed > 0;
  }

  async addSession(session: StoredLoginSession): Promise<void> {
    const row = {
      secret_hash: session.secretHash,
      actor_name: session.actorName,
      role: session.role,
      created_at: session.createdAt,
      last_used_at: session.lastUsedAt,
      expires_at: session.expiresAt,
    };
    await this.#sessions.withSession({ name: 'add login session' }, (db) =>
      db.insertInto('login_sessions').values(row).execute(),
    );
  }

  async findSession(secretHash: Sha256Hex): Promise<StoredLoginSession | undefined> {
    const row = await this.#sessions.withSession({ name: 'find login session', readonly: true }, (db) =>
      db.selectFrom('login_sessions').selectAll().where('secret_hash', '=', secretHash).executeTakeFirst(),
    );
    if (!row) return undefined;
    return {
      secretHash,
      actorName: row.actor_name,
      role: row.role as Role,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
    };
  }

  async touchSession(secretHash: Sha256Hex, lastUsedAt: string, expiresAt: string): Promise<void> {
    await this.#sessions.withSession({ name: 'touch login session' }, (db) =>
      db
        .updateTable('login_sessions')
        .set({ last_used_at: lastUsedAt, expires_at: expiresAt })
        .where('secret_hash', '=', secretHash)
        .execute(),
    );
  }

  async removeSession(secretHash: Sha256Hex): Promise<void> {
    await this.#sessions.withSession({ name: 'remove login session' }, (db) =>
      db.deleteFrom('login_sessions').where('secret_hash', '=', secretHash).execute(),
    );
  }

  /** Removes what expired before `now`. */
  async removeExpiredSessions(now: string): Promise<void> {
    await this.#sessions.withSession({ name: 'remove expired login sessions' }, (db) =>
      db.deleteFrom('login_sessions').where('expires_at', '<', now).execute(),
    );
  }
}

function toNamedToken(row: Selectable<TokenTable>): NamedToken {
  return { name: row.name, role: row.role as Role, createdAt: row.created_at, lastUsedAt: row.last_used_at };
}
