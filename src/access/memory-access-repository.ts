import { VoiceRecorderError } from '../model/failure.ts';
import type { AccessRepository, LoginSession, StoredToken } from './access-repository.ts';

/** Tokens and sessions that end with the process. */
export function memoryAccessRepository(): AccessRepository {
  const tokens = new Map<string, StoredToken>();
  const sessions = new Map<string, LoginSession>();
  const findTokenByHash = (hash: string) => [...tokens.values()].find((token) => token.tokenHash === hash);

  return {
    async addToken(token) {
      if (tokens.has(token.name)) {
        throw new VoiceRecorderError('token-exists', `There already is a token named "${token.name}".`);
      }
      tokens.set(token.name, token);
    },
    async findTokenByHash(hash) {
      return findTokenByHash(hash);
    },
    async listTokens() {
      return [...tokens.values()].map(({ tokenHash: _, ...named }) => named);
    },
    async touchToken(hash, lastUsedAt) {
      const token = findTokenByHash(hash);
      if (token) tokens.set(token.name, { ...token, lastUsedAt });
    },
    async removeToken(name) {
      for (const [hash, session] of sessions) if (session.actorName === name) sessions.delete(hash);
      return tokens.delete(name);
    },
    async addSession(session) {
      sessions.set(session.secretHash, session);
    },
    async findSession(hash) {
      return sessions.get(hash);
    },
    async touchSession(hash, lastUsedAt, expiresAt) {
      const session = sessions.get(hash);
      if (session) sessions.set(hash, { ...session, lastUsedAt, expiresAt });
    },
    async removeSession(hash) {
      sessions.delete(hash);
    },
    async removeExpiredSessions(now) {
      for (const session of sessions.values()) {
        if (session.expiresAt < now) sessions.delete(session.secretHash);
      }
    },
  };
}
