import type { NamedToken } from '../model/access.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { AccessRepository, SessionRecord, TokenRecord } from './access-repository.ts';

/** Tokens and sessions that end with the process. */
export function memoryAccessRepository(clock: Clock): AccessRepository {
  const tokens = new Map<string, TokenRecord & NamedToken>();
  const sessions = new Map<string, SessionRecord & { createdAt: string }>();
  const now = () => toIsoUtc(clock.nowMs());

  return {
    async addToken(token) {
      if (tokens.has(token.name)) {
        throw new VoiceRecorderError('token-exists', `There is a token named "${token.name}" already.`);
      }
      tokens.set(token.name, { ...token, createdAt: now(), lastUsedAt: null });
    },
    async findTokenByHash(hash) {
      const token = [...tokens.values()].find(({ tokenHash }) => tokenHash === hash);
      if (token) tokens.set(token.name, { ...token, lastUsedAt: now() });
      return token;
    },
    async listTokens() {
      return [...tokens.values()].map(({ tokenHash: _, ...named }) => named);
    },
    async removeToken(name) {
      if (!tokens.delete(name)) {
        throw new VoiceRecorderError('token-unknown', `There is no token named "${name}".`);
      }
      for (const [hash, session] of sessions) if (session.actorName === name) sessions.delete(hash);
    },
    async addSession(session) {
      sessions.set(session.secretHash, { ...session, createdAt: now() });
    },
    async findSession(hash) {
      const session = sessions.get(hash);
      return session && session.expiresAt > now() ? session : undefined;
    },
    async extendSession(hash, expiresAt) {
      const session = sessions.get(hash);
      if (session) sessions.set(hash, { ...session, expiresAt });
    },
    async removeSession(hash) {
      sessions.delete(hash);
    },
  };
}
