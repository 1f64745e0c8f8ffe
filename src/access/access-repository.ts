import type { NamedToken, Role } from '../model/access.ts';
import type { Sha256Hex } from '../model/digest.ts';

export interface TokenRecord {
  readonly name: string;
  readonly role: Role;
  readonly tokenHash: Sha256Hex;
}

export interface SessionRecord {
  readonly secretHash: Sha256Hex;
  readonly actorName: string;
  readonly role: Role;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

/** Where named tokens and login sessions are kept; only ever as hashes of their secrets. */
export interface AccessRepository {
  /** Rejects with `token-exists` when there is one of that name. */
  addToken(token: TokenRecord): Promise<void>;
  /** Notes the use. */
  findTokenByHash(tokenHash: Sha256Hex): Promise<NamedToken | undefined>;
  listTokens(): Promise<readonly NamedToken[]>;
  /** Ends the token and every session that was opened with it. Rejects with `token-unknown`. */
  removeToken(name: string): Promise<void>;

  addSession(session: SessionRecord): Promise<void>;
  /** Undefined also for one that ran out. */
  findSession(secretHash: Sha256Hex): Promise<(SessionRecord & { readonly createdAt: string }) | undefined>;
  extendSession(secretHash: Sha256Hex, expiresAt: string): Promise<void>;
  removeSession(secretHash: Sha256Hex): Promise<void>;
}
