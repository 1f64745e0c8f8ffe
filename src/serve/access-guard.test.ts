import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from '../../test/raw-http.ts';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import type { Role } from '../model/access.ts';
import { guardAccess } from './access-guard.ts';
import type { RecorderApp } from './recorder-app.ts';

let served: ServedRecorder;
beforeAll(async () => {
  served = await serveRecorder();
});
afterAll(() => served.close());

const ID = '01991234-5678-7abc-8def-0123456789ab';
const ROUTES: [method: string, path: string, role: Role][] = [
  ['GET', '/metrics', 'metrics'],
  ['GET', '/api/session', 'record'],
  ['POST', '/api/logout', 'record'],
  ['GET', '/api/openapi.json', 'record'],
  ['OPTIONS', '/api/uploads', 'record'],
  ['POST', '/api/uploads', 'record'],
  ['HEAD', `/api/uploads/${ID}`, 'record'],
  ['PATCH', `/api/uploads/${ID}`, 'record'],
  ['DELETE', `/api/uploads/${ID}`, 'record'],
  ['GET', '/api/recordings', 'edit'],
  ['PATCH', '/api/recordings', 'edit'],
  ['POST', '/api/recordings/trash', 'edit'],
  ['POST', '/api/recordings/restore', 'edit'],
  ['GET', `/api/recordings/${ID}`, 'edit'],
  ['PATCH', `/api/recordings/${ID}`, 'edit'],
  ['DELETE', `/api/recordings/${ID}`, 'edit'],
  ['POST', `/api/recordings/${ID}/restore`, 'edit'],
  ['POST', `/api/recordings/${ID}/verify`, 'edit'],
  ['POST', `/api/recordings/${ID}/repair`, 'edit'],
  ['GET', `/api/recordings/${ID}/audio`, 'edit'],
  ['HEAD', `/api/recordings/${ID}/audio`, 'edit'],
  ['GET', `/api/recordings/${ID}/peaks`, 'edit'],
  ['GET', `/api/recordings/${ID}/history`, 'edit'],
  ['POST', `/api/recordings/${ID}/history/2/undo`, 'edit'],
  ['GET', '/api/takes/t-1', 'edit'],
  ['PATCH', '/api/takes/t-1', 'edit'],
  ['DELETE', '/api/takes/t-1', 'edit'],
  ['POST', '/api/takes/t-1/restore', 'edit'],
  ['GET', '/api/takes/t-1/audio', 'edit'],
  ['HEAD', '/api/takes/t-1/audio', 'edit'],
  ['GET', '/api/takes/t-1/peaks', 'edit'],
  ['GET', '/api/tags', 'edit'],
  ['GET', '/api/collections', 'edit'],
  ['PATCH', '/api/collections/studio', 'edit'],
  ['DELETE', '/api/collections/studio', 'edit'],
  ['GET', '/api/sync', 'edit'],
  ['POST', '/api/sync', 'edit'],
  ['POST', '/api/sync/plan', 'edit'],
  ['GET', '/api/sync/copies', 'edit'],
  ['POST', '/api/sync/retry', 'edit'],
  ['POST', `/api/recordings/${ID}/sync`, 'edit'],
  ['POST', '/api/targets/studio/test', 'admin'],
  ['GET', '/api/jobs', 'edit'],
  ['GET', `/api/jobs/${ID}`, 'edit'],
  ['POST', `/api/jobs/${ID}/retry`, 'edit'],
  ['POST', `/api/jobs/${ID}/cancel`, 'admin'],
  ['GET', '/api/storage', 'edit'],
  ['GET', '/api/health', 'edit'],
  ['GET', '/api/preflight', 'record'],
  ['GET', '/api/alerts', 'edit'],
  ['POST', `/api/alerts/${ID}/acknowledge`, 'edit'],
  ['POST', `/api/alerts/${ID}/resolve`, 'edit'],
  ['PUT', '/api/alerts/silences/disk-space', 'edit'],
  ['DELETE', '/api/alerts/silences/disk-space', 'edit'],
  ['POST', '/api/alerts/test', 'admin'],
  ['GET', '/api/health/history', 'edit'],
  ['GET', '/api/performance', 'edit'],
  ['GET', '/api/stores', 'edit'],
  ['GET', '/api/verification', 'edit'],
  ['POST', '/api/reconcile', 'admin'],
  ['GET', '/api/cleanup', 'edit'],
  ['POST', '/api/cleanup', 'admin'],
  ['GET', '/api/backups', 'admin'],
  ['POST', '/api/backups', 'admin'],
  ['GET', '/api/tokens', 'admin'],
  ['POST', '/api/tokens', 'admin'],
  ['DELETE', '/api/tokens/studio', 'admin'],
];

/** Who is refused where a role is needed. */
const REFUSED: Record<Role, readonly Role[]> = {
  metrics: ['record', 'edit'],
  record: ['metrics'],
  edit: ['metrics', 'record'],
  admin: ['metrics', 'edit'],
};

async function logIn(): Promise<string> {
  const answer = await served.ask('/api/login', {
    method: 'POST',
    token: null,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: served.recorder.access.issueLoginCode() }),
  });
  expect(answer.status).toBe(200);
  return answer.headers.getSetCookie()[0] ?? '';
}

describe('a route', () => {
  it.each(ROUTES)('%s %s wants a token and the role %s', async (method, path, role) => {
    const bare = await served.ask(path, { method, token: null });
    expect(bare.status).toBe(401);
    expect(bare.headers.get('www-authenticate')).toMatch(/^Bearer/);
    for (const lesserRole of REFUSED[role]) {
      const name = `${method} ${path.slice(5, 12)} ${path.slice(-12)} ${lesserRole}`.replaceAll('/', '.');
      const token = await served.recorder.access.addToken(name, lesserRole);
      const lesser = await served.ask(path, { method, token });
      expect(lesser.status, lesserRole).toBe(403);
      if (method !== 'HEAD') expect(await lesser.json()).toMatchObject({ code: 'access-role' });
    }
  });

  it('is all of these, those open to everybody, and no other', async () => {
    const api = (await (await served.ask('/api/openapi.json')).json()) as { paths: Record<string, object> };
    const known = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const listed = ROUTES.map(
      ([method, path]) =>
        `${method} ${path.replace(ID, '{id}').replace('studio', '{name}').replace('disk-space', '{check}').replace('t-1', '{takeId}').replace('/2/', '/{version}/')}`,
    );
    const open = ['POST /api/login', 'GET /api/health/live', 'GET /api/health/ready'];
    const more = ['GET /api/events', 'OPTIONS /api/uploads/{id}'];
    const isAutomatic = (route: string) => route.startsWith('HEAD ') && !listed.includes(route);
    expect(known.filter((route) => !isAutomatic(route)).sort()).toEqual(
      [...listed, ...open, ...more].filter((route) => !route.endsWith('openapi.json')).sort(),
    );
  });

  it('that does not say which role it needs cannot be added', () => {
    const app = Fastify() as unknown as RecorderApp;
    guardAccess(app, {} as Parameters<typeof guardAccess>[1]);
    expect(() => app.get('/api/forgotten', async () => 'open')).toThrow(/does not say which role/);
  });

  it('that does not exist is not told apart without a token', async () => {
    expect((await served.ask('/api/nothing', { token: null })).status).toBe(401);
    expect((await served.ask('/api/nothing', { method: 'POST', token: null })).status).toBe(401);
    expect((await served.ask('/api/nothing')).status).toBe(404);
    const wrongMethod = await served.ask('/api/storage', { method: 'DELETE' });
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('a token', () => {
  it('counts in the Authorization header only', async () => {
    const { token, ask } = served;
    const wrongPlaces: [string, Record<string, string>][] = [
      [`/api/session?token=${token}`, {}],
      [`/api/session?access_token=${token}`, {}],
      ['/api/session', { 'x-api-key': token }],
      ['/api/session', { authorization: token }],
      ['/api/session', { authorization: `Basic ${Buffer.from(`owner:${token}`).toString('base64')}` }],
      ['/api/session', { authorization: `Bearer ${token}x` }],
      ['/api/session', { authorization: `Bearer ${token} ${token}` }],
      ['/api/session', { cookie: `vrp=${token}` }],
      ['/api/session', { 'proxy-authorization': `Bearer ${token}` }],
    ];
    for (const [path, headers] of wrongPlaces) {
      const answer = await ask(path, { token: null, headers });
      expect(answer.status, JSON.stringify([path, headers])).toBe(401);
    }
    expect((await ask('/api/session')).status).toBe(200);
    expect(served.log()).not.toContain(token);
  });

  it('that is wrong does not fall back to a good cookie', async () => {
    const cookie = (await logIn()).split(';')[0] ?? '';
    const headers = { cookie, authorization: 'Bearer wrong' };
    expect((await served.ask('/api/session', { token: null, headers })).status).toBe(401);
  });
});

describe('behind a proxy', () => {
  const throughTls = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
  const logInThrough = async (recorder: ServedRecorder) => {
    const headers = { 'content-type': 'application/json', ...throughTls };
    const body = JSON.stringify({ token: recorder.token });
    const answer = await recorder.ask('/api/login', { method: 'POST', token: null, headers, body });
    expect(answer.status).toBe(200);
    return answer.headers.getSetCookie()[0] ?? '';
  };

  it("the word of a trusted one about the protocol is believed, and nobody else's", async () => {
    const trusting = await serveRecorder({ trustedProxies: ['127.0.0.0/8'] });
    const other = await serveRecorder({ trustedProxies: ['192.0.2.1'] });
    expect(await logInThrough(trusting)).toMatch(/; Secure/);
    expect(await logInThrough(other)).not.toMatch(/Secure/);
    expect(await logInThrough(served)).not.toMatch(/Secure/);
    await Promise.all([trusting.close(), other.close()]);
  });

  it('whose address people use is https, cookies are for TLS only and browsers are asked to stay there', async () => {
    const proxied = await serveRecorder({ publicUrl: 'https://rec.example' });
    expect(await logInThrough(proxied)).toMatch(/; Secure/);
    const answer = await proxied.ask('/api/health/live');
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await served.ask('/api/health/live')).headers.get('strict-transport-security')).toBeNull();
    await proxied.close();
  });
});

describe('a login', () => {
  it('gives a cookie that scripts and other sites cannot use, named for port and store', async () => {
    const cookie = await logIn();
    const { port } = served.server;
    expect(cookie).toMatch(new RegExp(`^vrp_${port}_${served.recorder.storeId.slice(-8)}=[\\w-]{43};`));
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).toMatch(/; Path=\//);
    expect(cookie).toMatch(/; Max-Age=2592000/);
    expect(cookie).not.toMatch(/Secure/);
    const session = await served.ask('/api/session', {
      token: null,
      headers: { cookie: cookie.split(';')[0]! },
    });
    expect(await session.json()).toEqual({ name: 'owner', role: 'admin' });
    expect(session.headers.getSetCookie()[0]).toMatch(/Max-Age=2592000/);
  });

  it('is over after the logout', async () => {
    const headers = { cookie: (await logIn()).split(';')[0]!, origin: served.server.baseUrl };
    const answer = await served.ask('/api/logout', { method: 'POST', token: null, headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^vrp_[^=]+=;/);
    expect((await served.ask('/api/session', { token: null, headers })).status).toBe(401);
  });

  it('is refused with a body that is not exactly one proof', async () => {
    for (const body of ['{}', '[]', '"x"', '{"code":1}', '{"code":"a","token":"b"}', '{"code":', '']) {
      const headers = { 'content-type': 'application/json' };
      const answer = await served.ask('/api/login', { method: 'POST', token: null, headers, body });
      expect(answer.status, body).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'invalid-input' });
    }
  });
});

describe('a named token', () => {
  it('is added, listed without its secret, used and revoked over HTTP', async () => {
    const added = await served.ask('/api/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'field kit', role: 'record' }),
    });
    expect(added.status).toBe(201);
    const { token } = (await added.json()) as { token: string };
    expect(await (await served.ask('/api/session', { token })).json()).toEqual({
      name: 'field kit',
      role: 'record',
    });
    const list = await (await served.ask('/api/tokens')).text();
    expect(list).toContain('"field kit"');
    expect(list).not.toContain(token);
    const path = `/api/tokens/${encodeURIComponent('field kit')}`;
    expect((await served.ask(path, { method: 'DELETE' })).status).toBe(204);
    expect((await served.ask(path, { method: 'DELETE' })).status).toBe(404);
    expect((await served.ask('/api/session', { token })).status).toBe(401);
  });
});

describe('failed logins', () => {
  it('are limited in rate, and a right code does not help during that time; recorders go on', async () => {
    const own = await serveRecorder();
    const tryCode = (code: string) =>
      own.ask('/api/login', {
        method: 'POST',
        token: null,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      });
    for (let success = 0; success < 15; success++) {
      expect((await tryCode(own.recorder.access.issueLoginCode())).status).toBe(200);
    }
    for (let failed = 0; failed < 10; failed++) expect((await tryCode('wrong')).status).toBe(401);
    const refused = await tryCode(own.recorder.access.issueLoginCode());
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'too-many-requests' });
    expect((await own.ask('/api/session')).status).toBe(200);
    await own.close();
  });
});

describe('a foreign page', () => {
  it('cannot change anything, not even with a token', async () => {
    const cookie = (await logIn()).split(';')[0]!;
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1']) {
      for (const path of ['/api/logout', '/api/uploads', '/api/login', '/api/nothing', '/']) {
        const answer = await served.ask(path, { method: 'POST', headers: { origin, cookie } });
        expect(answer.status, `${origin} ${path}`).toBe(403);
        expect(await answer.json()).toMatchObject({ code: 'origin-not-allowed' });
      }
    }
  });

  it('is never told that it may read', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' };
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      const answer = await served.ask('/api/uploads', { method, headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });
});

describe('a session', () => {
  it('changes things only with our Origin', async () => {
    const cookie = (await logIn()).split(';')[0]!;
    const without = await served.ask('/api/logout', { method: 'POST', token: null, headers: { cookie } });
    expect(without.status).toBe(403);
    expect((await served.ask('/api/storage', { token: null, headers: { cookie } })).status).toBe(200);
    const headers = { cookie, origin: served.server.baseUrl };
    expect((await served.ask('/api/logout', { method: 'POST', token: null, headers })).status).toBe(204);
  });
});

describe('a foreign Host', () => {
  it('is refused on every route, whatever else the request has', async () => {
    const { port } = served.server;
    const requests = [
      ...ROUTES.map(([method, path]) => `${method} ${path} HTTP/1.1`),
      'GET /api/health/live HTTP/1.1',
      'GET /api/health/ready HTTP/1.1',
      'GET / HTTP/1.1',
      'GET /index.html HTTP/1.1',
      'POST /api/login HTTP/1.1',
      'GET /%zz HTTP/1.1',
      'OPTIONS * HTTP/1.1',
      'PROPFIND / HTTP/1.1',
      'GET /api/health/live HTTP/1.0',
    ];
    for (const line of requests) {
      const headers = `Host: evil.example\r\nAuthorization: Bearer ${served.token}\r\nConnection: close\r\n`;
      const answer = await sendRaw(port, `${line}\r\n${headers}\r\n`);
      expect(answer.status, line).toBe(421);
      if (!line.startsWith('HEAD')) expect(answer.body, line).toContain('"code":"host-not-allowed"');
    }
  });

  it('is refused in the request line too, and when there is none at all', async () => {
    const { port } = served.server;
    const own = `Host: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;
    const line = (address: string) => `GET ${address} HTTP/1.1\r\n${own}`;
    expect((await sendRaw(port, line('http://evil.example/api/health/live'))).status).toBe(421);
    expect((await sendRaw(port, line(`http://127.0.0.1:${port}/api/health/live`))).status).toBe(200);
    expect((await sendRaw(port, 'GET /api/health/live HTTP/1.0\r\n\r\n')).status).toBe(421);
    expect((await sendRaw(port, 'GET /api/health/live HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(
      400,
    );
  });
});
