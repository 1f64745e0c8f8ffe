import { type Actor, type NamedToken, OWNER_NAME, ROLES, type Role } from '../model/access.ts';
import { type Clock, systemClock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Access } from '../voice-recorder.ts';
import type { AccessRepository, LoginSession } from './access-repository.ts';
import { LoginCodes } from './login-codes.ts';
import { readOrMakeOwnerToken } from './owner-token.ts';
import { RememberedScrapers } from './remembered-scrapers.ts';
import { hashSecret, isSameHash, isToken, newSecret, newToken } from './secret.ts';

/** Everything access needs from the outside world. */
export interface AccessDesk {
  readonly repository: AccessRepository;
  /** Folder of this machine's state, outside the store: a copied store carries no secret. */
  readonly stateFolder: string;
  readonly storeId: string;
  readonly clock?: Clock;
}

const OWNER: Actor = { name: OWNER_NAME, role: 'admin' };
const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;
/** "Last used" is written at most this often, so that reading does not mean writing. */
const TOUCH_INTERVAL_MS = 60 * 60 * 1000;
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
  readonly #scrapers = new RememberedScrapers();

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
    const nowMs = this.#clock.nowMs();
    await this.#repository.removeExpiredSessions(toIsoUtc(nowMs));
    await this.#repository.addSession({
      secretHash: hashSecret(sessionSecret),
      actorName: actor.name,
      role: actor.role,
      createdAt: await this.#dateOfSession(actor, toIsoUtc(nowMs)),
      lastUsedAt: toIsoUtc(nowMs),
      expiresAt: toIsoUtc(nowMs + SESSION_LIFETIME_MS),
    });
    return { sessionSecret, actor };
  }

  /** Never earlier than its token, also by a clock that was set back since: it would not be granted by that one. */
  async #dateOfSession({ name }: Actor, now: string): Promise<string> {
    const token = (await this.#repository.listTokens()).find((known) => known.name === name);
    return token !== undefined && token.createdAt > now ? token.createdAt : now;
  }

  async #prove(proof: { code: string } | { token: string }): Promise<Actor | undefined> {
    if ('code' in proof) return this.#codes.use(proof.code) ? OWNER : undefined;
    const actor = await this.findActorByToken(proof.token);
    // For a program that looks at figures; there is nothing a browser could show it.
    return actor?.role === 'metrics' ? undefined : actor;
  }

  async logOut(sessionSecret: string): Promise<void> {
    await this.#repository.removeSession(hashSecret(sessionSecret));
  }

  async findActorByToken(token: string): Promise<Actor | undefined> {
    if (!isToken(token)) return undefined;
    const hash = hashSecret(token);
    if (isSameHash(hash, this.#ownerTokenHash)) return OWNER;
    const known = await this.#scrapers.find(hash, () => this.#repository.findTokenByHash(hash));
    if (!known) return undefined;
    if (this.#isTouchDue(known.lastUsedAt)) {
      const touched = this.#repository.touchToken(hash, toIsoUtc(this.#clock.nowMs()));
      // Figures are for when nothing can be written, too.
      if (known.role === 'metrics') touched.catch(() => undefined);
      else await touched;
    }
    return { name: known.name, role: known.role };
  }

  async findActorBySession(sessionSecret: string): Promise<Actor | undefined> {
    const secretHash = hashSecret(sessionSecret);
    const session = await this.#repository.findSession(secretHash);
    const nowMs = this.#clock.nowMs();
    if (!session || session.expiresAt <= toIsoUtc(nowMs)) return undefined;
    if (!(await this.#isStillGranted(session))) return undefined;
    if (this.#isTouchDue(session.lastUsedAt)) {
      await this.#repository.touchSession(secretHash, toIsoUtc(nowMs), toIsoUtc(nowMs + SESSION_LIFETIME_MS));
    }
    return { name: session.actorName, role: session.role };
  }

  /** A session opened with a named token ends with that token; a later token of the same name does not revive it. */
  async #isStillGranted(session: LoginSession): Promise<boolean> {
    if (session.actorName === OWNER.name) return true;
    const tokens = await this.#repository.listTokens();
    return tokens.some((token) => token.name === session.actorName && token.createdAt <= session.createdAt);
  }

  #isTouchDue(lastUsedAt: string | null): boolean {
    return lastUsedAt === null || Date.parse(lastUsedAt) + TOUCH_INTERVAL_MS <= this.#clock.nowMs();
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
    const createdAt = toIsoUtc(this.#clock.nowMs());
    await this.#repository.addToken({
      name,
      role,
      createdAt,
      lastUsedAt: null,
      tokenHash: hashSecret(token),
    });
    return token;
  }

  async listTokens(): Promise<readonly NamedToken[]> {
    return this.#repository.listTokens();
  }

  async revokeToken(name: string): Promise<void> {
    this.#scrapers.forget();
    if (await this.#repository.removeToken(name)) return;
    throw new VoiceRecorderError('token-unknown', `There is no token named ${JSON.stringify(name)}.`);
  }
}
