import { once } from 'node:events';
import { get } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { serveRecorder } from '../../test/served-recorder.ts';
import { EXPIRED_TLS, LOCALHOST_TLS, RENEWED_TLS } from '../../test/tls-fixtures.ts';

function ask(url: string, headers: Record<string, string>): Promise<{ status: number; headers: object }> {
  return new Promise((resolve, reject) => {
    get(
      url,
      {
        ca: [LOCALHOST_TLS.cert, RENEWED_TLS.cert],
        headers,
        agent: false,
        checkServerIdentity: () => undefined,
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
      },
    ).on('error', reject);
  });
}

describe('over TLS', () => {
  it('answers under https, asks browsers to stay there, and needs no redirect of names', async () => {
    const served = await serveRecorder({ tls: LOCALHOST_TLS });
    const { baseUrl, port } = served.server;
    expect(baseUrl).toBe(`https://127.0.0.1:${port}`);
    const session = await ask(`${baseUrl}/api/session`, { authorization: `Bearer ${served.token}` });
    expect(session.status).toBe(200);
    expect(session.headers).toMatchObject({ 'strict-transport-security': 'max-age=31536000' });
    expect((await ask(`${baseUrl}/`, { host: `localhost:${port}`, accept: 'text/html' })).status).toBe(503);
    expect((await ask(`${baseUrl}/`, { host: 'evil.example' })).status).toBe(421);
    await served.close();
  });

  it('may listen for other machines', async () => {
    const served = await serveRecorder({ host: '0.0.0.0', tls: LOCALHOST_TLS });
    expect((await ask(`${served.server.baseUrl}/api/health/live`, {})).status).toBe(200);
    await served.close();
  });

  it('shows a renewed certificate to new connections, and keeps the open ones', async () => {
    const served = await serveRecorder({ tls: LOCALHOST_TLS });
    const { port } = served.server;
    const open = await connectTo(port);
    expect(open.getPeerCertificate().subject.CN).toBe('localhost');
    served.server.renewTls(RENEWED_TLS);
    const fresh = await connectTo(port);
    expect(fresh.getPeerCertificate().subject.CN).toBe('renewed');
    expect(open.readyState).toBe('open');
    open.destroy();
    fresh.destroy();
    expect((await ask(`${served.server.baseUrl}/api/health/live`, {})).status).toBe(200);
    const { checks } = await served.recorder.health.report({ isFresh: true });
    expect(checks.find(({ name }) => name === 'certificate')).toMatchObject({
      status: 'pass',
      threshold: 14,
    });
    served.server.renewTls(EXPIRED_TLS);
    const later = await served.recorder.health.report({ isFresh: true });
    expect(later.checks.find(({ name }) => name === 'certificate')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('expired on'),
    });
    await served.close();
  });
});

async function connectTo(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}
