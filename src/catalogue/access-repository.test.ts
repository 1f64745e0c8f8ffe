import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { ROLES, type Role } from '../model/access.ts';

const token = {
  name: 'phone',
  role: 'record',
  tokenHash: 'a'.repeat(64),
  createdAt: '2026-01-01T00:00:00.000Z',
  lastUsedAt: null,
} as const;
const session = {
  secretHash: 'b'.repeat(64),
  actorName: 'phone',
  role: 'record',
  createdAt: '2026-01-01T00:00:00.000Z',
  lastUsedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-02-01T00:00:00.000Z',
} as const;

describe('tokens', () => {
  it('are found by their hash and listed without it', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.access.addToken(token);
    expect(await catalogue.access.findTokenByHash(token.tokenHash)).toEqual(token);
    expect(await catalogue.access.findTokenByHash('c'.repeat(64))).toBeUndefined();
    const { tokenHash: _, ...named } = token;
    expect(await catalogue.access.listTokens()).toEqual([named]);
    await catalogue.access.touchToken(token.tokenHash, '2026-01-02T00:00:00.000Z');
    expect((await catalogue.access.listTokens())[0]?.lastUsedAt).toBe('2026-01-02T00:00:00.000Z');
  });

  it('may be of every role, and of no other', async () => {
    await using catalogue = await scratchCatalogue();
    for (const [index, role] of ROLES.entries()) {
      await catalogue.access.addToken({ ...token, name: role, role, tokenHash: `${index}`.repeat(64) });
    }
    expect((await catalogue.access.listTokens()).map(({ role }) => role).sort()).toEqual([...ROLES].sort());
    const foreign = { ...token, role: 'guest' as Role };
    await expect(catalogue.access.addToken(foreign)).rejects.toThrow(/CHECK|check/);
  });

  it('have names of their own', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.access.addToken(token);
    const namesake = { ...token, tokenHash: 'd'.repeat(64) };
    await expect(catalogue.access.addToken(namesake)).rejects.toMatchObject({ code: 'token-exists' });
    expect(await catalogue.access.findTokenByHash(namesake.tokenHash)).toBeUndefined();
  });

  it('take their sessions with them', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.access.addToken(token);
    await catalogue.access.addSession(session);
    await catalogue.access.addSession({ ...session, secretHash: 'e'.repeat(64), actorName: 'owner' });
    expect(await catalogue.access.removeToken('phone')).toBe(true);
    expect(await catalogue.access.removeToken('phone')).toBe(false);
    expect(await catalogue.access.findSession(session.secretHash)).toBeUndefined();
    expect(await catalogue.access.findSession('e'.repeat(64))).toMatchObject({ actorName: 'owner' });
  });
});

describe('login sessions', () => {
  it('are kept, prolonged, ended and cleared away', async () => {
    await using catalogue = await scratchCatalogue();
    await catalogue.access.addSession(session);
    expect(await catalogue.access.findSession(session.secretHash)).toEqual(session);
    await catalogue.access.touchSession(
      session.secretHash,
      '2026-01-03T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    );
    expect(await catalogue.access.findSession(session.secretHash)).toMatchObject({
      expiresAt: '2026-03-01T00:00:00.000Z',
    });
    await catalogue.access.removeExpiredSessions('2026-02-15T00:00:00.000Z');
    expect(await catalogue.access.findSession(session.secretHash)).toBeDefined();
    await catalogue.access.removeExpiredSessions('2026-03-02T00:00:00.000Z');
    expect(await catalogue.access.findSession(session.secretHash)).toBeUndefined();
    await catalogue.access.addSession(session);
    await catalogue.access.removeSession(session.secretHash);
    expect(await catalogue.access.findSession(session.secretHash)).toBeUndefined();
  });
});
