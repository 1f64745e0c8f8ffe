import type { NamedToken, Role } from '../model/access.ts';
import type { Sha256Hex } from '../model/digest.ts';

export interface StoredToken extends NamedToken {
  readonly tokenHash: Sha256Hex;
}

export interface LoginSession {
  readonly secretHash: Sha256Hex;
  readonly actorName: string;
  readonly role: Role;
  /** ISO 8601 UTC, as all times here. */
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

/** Where named tokens and login sessions are kept; only ever as hashes of their secrets. */
export interface AccessRepository {
  /** Rejects with `token-exists` when there is one of that name. */
  addToken(token: StoredToken): Promise<void>;
  findTokenByHash(tokenHash: Sha256Hex): Promise<StoredToken | undefined>;
  listTokens(): Promise<readonly NamedToken[]>;
  touchToken(tokenHash: Sha256Hex, lastUsedAt: string): Promise<void>;
  /** False when there was none. */
  removeToken(name: string): Promise<boolean>;

  addSession(session: LoginSession): Promise<void>;
  findSession(secretHash: Sha256Hex): Promise<LoginSession | undefined>;
  touchSession(secretHash: Sha256Hex, lastUsedAt: string, expiresAt: string): Promise<void>;
  removeSession(secretHash: Sha256Hex): Promise<void>;
  /** Removes what expired before `now`. */
  removeExpiredSessions(now: string): Promise<void>;
}
