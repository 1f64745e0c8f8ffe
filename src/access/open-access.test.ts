import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { AccessRepository } from './access-repository.ts';
import { memoryAccessRepository } from './memory-access-repository.ts';
import { openAccess } from './open-access.ts';
import { ownerTokenFile } from './owner-token.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const STORE_ID = '01991234-5678-7abc-8def-0123456789ab';

let stateFolder: string;
let time: { wallMs: number; monotonicMs: number };
let repository: AccessRepository;

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'vrp-access-'));
  time = { wallMs: Date.parse('2026-11-22T21:00:00Z'), monotonicMs: 5000 };
  repository = memoryAccessRepository();
});
afterEach(() => rm(stateFolder, { recursive: true, force: true }));

const clock: Clock = { nowMs: () => time.wallMs, monotonicMs: () => time.monotonicMs };
const open = () => openAccess({ repository, stateFolder, storeId: STORE_ID, clock });

function pass(ms: number): void {
  time.wallMs += ms;
  time.monotonicMs += ms;
}

describe("the owner's token", () => {
  it('is made once, closed to others, and stays the same', async () => {
    const token = await (await open()).ownerToken();
    expect(token).toMatch(/^vrp_[A-Za-z0-9_-]{43}$/);
    expect(await (await open()).ownerToken()).toBe(token);
    const file = ownerTokenFile(stateFolder, STORE_ID);
    expect(await readFile(file, 'utf8')).toBe(`${token}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(stateFolder, 'stores', STORE_ID))).toEqual(['owner-token']);
  });

  it('is one and the same for all who open at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, async () => (await open()).ownerToken()));
    expect(new Set(all).size).toBe(1);
  });

  it('is not replaced when its file holds something else', async () => {
    await open();
    await writeFile(ownerTokenFile(stateFolder, STORE_ID), 'letmein\n');
    await expect(open()).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('is closed again when somebody opened its file to others', async () => {
    await open();
    const file = ownerTokenFile(stateFolder, STORE_ID);
    await chmod(file, 0o644);
    await open();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('makes its bearer the owner, and nothing near it does', async () => {
    const access = await open();
    const token = await access.ownerToken();
    expect(await access.findActorByToken(token)).toEqual({ name: 'owner', role: 'admin' });
    for (const wrong of ['', token.slice(0, -1), `${token}x`, token.toUpperCase(), ` ${token}`, 'vrp_']) {
      expect(await access.findActorByToken(wrong), wrong).toBeUndefined();
    }
  });
});

describe('a login code', () => {
  it('opens one session and no second', async () => {
    const access = await open();
    const code = access.issueLoginCode();
    expect(code.length).toBeGreaterThanOrEqual(16);
    const first = await access.logIn({ code });
    expect(first?.actor).toEqual({ name: 'owner', role: 'admin' });
    expect(await access.findActorBySession(first!.sessionSecret)).toEqual({ name: 'owner', role: 'admin' });
    expect(await access.logIn({ code })).toBeUndefined();
  });

  it('ends after ten minutes of the monotonic clock, whatever the wall clock says', async () => {
    const access = await open();
    const [early, late] = [access.issueLoginCode(), access.issueLoginCode()];
    time.monotonicMs += 10 * MINUTE_MS - 1;
    time.wallMs += 5 * DAY_MS;
    expect(await access.logIn({ code: early })).toBeDefined();
    time.monotonicMs += 1;
    expect(await access.logIn({ code: late })).toBeUndefined();
  });

  it('is pushed out by the hundred codes issued after it', async () => {
    const access = await open();
    const codes = Array.from({ length: 101 }, () => access.issueLoginCode());
    expect(await access.logIn({ code: codes[0]! })).toBeUndefined();
    expect(await access.logIn({ code: codes[1]! })).toBeDefined();
  });
});

describe('a session', () => {
  it('ends with its logout', async () => {
    const access = await open();
    const { sessionSecret } = (await access.logIn({ token: await access.ownerToken() }))!;
    await access.logOut(sessionSecret);
    expect(await access.findActorBySession(sessionSecret)).toBeUndefined();
  });

  it('lives for 30 days after its last use', async () => {
    const access = await open();
    const { sessionSecret } = (await access.logIn({ code: access.issueLoginCode() }))!;
    for (let use = 0; use < 3; use++) {
      pass(29 * DAY_MS);
      expect(await access.findActorBySession(sessionSecret)).toBeDefined();
    }
    pass(30 * DAY_MS);
    expect(await access.findActorBySession(sessionSecret)).toBeUndefined();
  });

  it('is kept only as a hash', async () => {
    const kept: unknown[] = [];
    const spied: AccessRepository = {
      ...repository,
      addSession: async (session) => {
        kept.push(session);
        await repository.addSession(session);
      },
    };
    const access = await openAccess({ repository: spied, stateFolder, storeId: STORE_ID, clock });
    const { sessionSecret } = (await access.logIn({ code: access.issueLoginCode() }))!;
    expect(JSON.stringify(kept)).not.toContain(sessionSecret);
    expect(kept).toHaveLength(1);
  });

  it('is not opened by a wrong token', async () => {
    const access = await open();
    expect(await access.logIn({ token: `vrp_${'A'.repeat(43)}` })).toBeUndefined();
    expect(await access.findActorBySession('nonsense')).toBeUndefined();
  });
});

describe('a named token', () => {
  it('makes its bearer an actor with its role until it is revoked', async () => {
    const access = await open();
    const token = await access.addToken('studio', 'record');
    expect(await access.findActorByToken(token)).toEqual({ name: 'studio', role: 'record' });
    expect(await access.listTokens()).toEqual([
      {
        name: 'studio',
        role: 'record',
        createdAt: '2026-11-22T21:00:00.000Z',
        lastUsedAt: '2026-11-22T21:00:00.000Z',
      },
    ]);
    await access.revokeToken('studio');
    expect(await access.findActorByToken(token)).toBeUndefined();
  });

  it('takes the sessions it opened with it, even when a new one has the same name', async () => {
    const access = await open();
    const token = await access.addToken('studio', 'edit');
    const { sessionSecret } = (await access.logIn({ token }))!;
    expect(await access.findActorBySession(sessionSecret)).toEqual({ name: 'studio', role: 'edit' });
    await access.revokeToken('studio');
    expect(await access.findActorBySession(sessionSecret)).toBeUndefined();
    pass(1000);
    await access.addToken('studio', 'admin');
    expect(await access.findActorBySession(sessionSecret)).toBeUndefined();
  });

  it('opens sessions also after the clock was set back to before it was made', async () => {
    const access = await open();
    const token = await access.addToken('studio', 'edit');
    time.wallMs -= DAY_MS;
    const { sessionSecret } = (await access.logIn({ token }))!;
    expect(await access.findActorBySession(sessionSecret)).toEqual({ name: 'studio', role: 'edit' });
  });

  it('that reads metrics opens no session', async () => {
    const access = await open();
    const token = await access.addToken('prometheus', 'metrics');
    expect(await access.findActorByToken(token)).toEqual({ name: 'prometheus', role: 'metrics' });
    expect(await access.logIn({ token })).toBeUndefined();
  });

  it('that reads metrics goes on counting without a database, once it was accepted; no other one does', async () => {
    const access = await open();
    const [known, unseen] = await Promise.all(
      ['prometheus', 'grafana'].map((name) => access.addToken(name, 'metrics')),
    );
    const editor = await access.addToken('studio', 'edit');
    await access.findActorByToken(known!);
    await access.findActorByToken(editor);
    const { findTokenByHash } = repository;
    repository.findTokenByHash = () => Promise.reject(new Error('gone'));
    expect(await access.findActorByToken(known!)).toEqual({ name: 'prometheus', role: 'metrics' });
    await expect(access.findActorByToken(unseen!)).rejects.toThrow('gone');
    await expect(access.findActorByToken(editor)).rejects.toThrow('gone');
    // Neither does a database that says nothing keep it waiting.
    repository.findTokenByHash = () => new Promise(() => undefined);
    expect(await access.findActorByToken(known!)).toEqual({ name: 'prometheus', role: 'metrics' });
    repository.findTokenByHash = findTokenByHash;
    await access.revokeToken('prometheus');
    expect(await access.findActorByToken(known!)).toBeUndefined();
    repository.findTokenByHash = () => Promise.reject(new Error('gone'));
    await expect(access.findActorByToken(known!)).rejects.toThrow('gone');
  });

  it('needs a name of its own and a role there is', async () => {
    const access = await open();
    await access.addToken('studio', 'edit');
    const codes = await Promise.all(
      [
        access.addToken('studio', 'edit'),
        access.addToken('Owner', 'edit'),
        access.addToken('', 'edit'),
        access.addToken('a\nb', 'edit'),
        access.addToken('x'.repeat(65), 'edit'),
        access.addToken('fine', 'god' as 'admin'),
        access.revokeToken('nobody'),
      ].map((attempt) => attempt.then(() => 'done', failureCodeOf)),
    );
    expect(codes).toEqual(['token-exists', ...Array(5).fill('invalid-input'), 'token-unknown']);
  });
});
