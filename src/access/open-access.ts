import { type Actor, type NamedToken, ROLES, type Role } from '../model/access.ts';
import { type Clock, systemClock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Access } from '../voice-recorder.ts';
import type { AccessRepository } from './access-repository.ts';
import { LoginCodes } from './login-codes.ts';
import { readOrMakeOwnerToken } from './owner-token.ts';
import { hashSecret, isSameHash, isToken, newSecret, newToken } from './secret.ts';

/** Everything access needs from the outside world. */
export interface AccessDesk {
  readonly repository: AccessRepository;
  /** Folder of this machine's state, outside the store: a copied store carries no secret. */
  readonly stateFolder: string;
  readonly storeId: string;
  readonly clock?: Clock;
}

const OWNER: Actor = { name: 'owner', role: 'admin' };
const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;
/** A used session is extended this often, so that reading does not mean writing. */
const EXTEND_AFTER_MS = 60 * 60 * 1000;
const TOKEN_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._@-]{0,62}[\p{L}\p{N}])?$/u;

/** Makes (or reads) the owner's token and answers who is who from then on. */
export async function openAccess(desk: AccessDesk): Promise<Access> {
  const ownerToken = await readOrMakeOwnerToken(desk.stateFolder, desk.storeId);
  return new StoreAccess(desk, ownerToken);
}

class StoreAccess implements Access {
  readonly #repository: AccessRepository;
  readonly #clock: Clock;
  readonly #ownerToken: string;
  readonly #ownerTokenHash: string;
  readonly #codes: LoginCodes;

  constructor(desk: AccessDesk, ownerToken: string) {
    this.#repository = desk.repository;
    this.#clock = desk.clock ?? systemClock;
    this.#ownerToken = ownerToken;
    this.#ownerTokenHash = hashSecret(ownerToken);
    this.#codes = new LoginCodes(this.#clock);
  }

  async ownerToken(): Promise<string> {
    return this.#ownerToken;
  }

  issueLoginCode(): string {
    return this.#codes.issue();
  }

  async logIn(
    proof: { code: string } | { token: string },
  ): Promise<{ sessionSecret: string; actor: Actor } | undefined> {
    const actor = await this.#prove(proof);
    if (!actor) return undefined;
    const sessionSecret = newSecret();
    await this.#repository.addSession({
      secretHash: hashSecret(sessionSecret),
      actorName: actor.name,
      role: actor.role,
      expiresAt: this.#expiryFromNow(),
    });
    return { sessionSecret, actor };
  }

  async #prove(proof: { code: string } | { token: string }): Promise<Actor | undefined> {
    if ('token' in proof) return this.findActorByToken(proof.token);
    return this.#codes.use(proof.code) ? OWNER : undefined;
  }

  async logOut(sessionSecret: string): Promise<void> {
    await this.#repository.removeSession(hashSecret(sessionSecret));
  }

  async findActorByToken(token: string): Promise<Actor | undefined> {
    if (!isToken(token)) return undefined;
    const hash = hashSecret(token);
    if (isSameHash(hash, this.#ownerTokenHash)) return OWNER;
    const known = await this.#repository.findTokenByHash(hash);
    return known && { name: known.name, role: known.role };
  }

  async findActorBySession(sessionSecret: string): Promise<Actor | undefined> {
    const secretHash = hashSecret(sessionSecret);
    const session = await this.#repository.findSession(secretHash);
    if (!session || !(await this.#isStillGranted(session))) return undefined;
    if (Date.parse(session.expiresAt) - this.#clock.nowMs() < SESSION_LIFETIME_MS - EXTEND_AFTER_MS) {
      await this.#repository.extendSession(secretHash, this.#expiryFromNow());
    }
    return { name: session.actorName, role: session.role };
  }

  /** Also for a session that was opened in the very moment in which its token was revoked. */
  async #isStillGranted(session: { actorName: string; createdAt: string }): Promise<boolean> {
    if (session.actorName === OWNER.name) return true;
    const tokens = await this.#repository.listTokens();
    return tokens.some((token) => token.name === session.actorName && token.createdAt <= session.createdAt);
  }

  #expiryFromNow(): string {
    return toIsoUtc(this.#clock.nowMs() + SESSION_LIFETIME_MS);
  }

  async addToken(name: string, role: Role): Promise<string> {
    if (!TOKEN_NAME.test(name) || name.toLowerCase() === OWNER.name) {
      throw new VoiceRecorderError(
        'invalid-input',
        `A token cannot be named ${JSON.stringify(name)}: expected 1 to 64 letters, digits, spaces or . _ @ - ` +
          `(not "${OWNER.name}", and a letter or digit at both ends).`,
      );
    }
    if (!ROLES.includes(role)) {
      throw new VoiceRecorderError('invalid-input', `"${role}" is not a role: expected ${ROLES.join(', ')}.`);
    }
    const token = newToken();
    await this.#repository.addToken({ name, role, tokenHash: hashSecret(token) });
    return token;
  }

  async listTokens(): Promise<readonly NamedToken[]> {
    return this.#repository.listTokens();
  }

  async revokeToken(name: string): Promise<void> {
    await this.#repository.removeToken(name);
  }
}
