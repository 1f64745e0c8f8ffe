import { get } from 'node:https';
import { describe, expect, it } from 'vitest';
import { serveRecorder } from '../../test/served-recorder.ts';

// A certificate for localhost and 127.0.0.1 that only this test knows and nobody trusts; valid until 2126.
const CERT = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIULwYBG/13lCkQlqyj4ibfF7dIsYAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAwMTgxMVoYDzIxMjYxMDMw
MDAxODExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT8a6s8Qe6rS4GbagMa525GD3kR9zo2KY8DZnYWqYtGAoVXT7Ii7VLD
vPADvMlBw9lDQjcP4NcQANDiKL22/Ycwo28wbTAdBgNVHQ4EFgQUrUhEm38mwaGJ
CB77a6EsVA3jDC4wHwYDVR0jBBgwFoAUrUhEm38mwaGJCB77a6EsVA3jDC4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgazkEv53OfzbvHmdJaLqjmHfZvgAAxIy/a3t6qjYaVB0CIEeH
L8wx710DApFj7FYn6wKu6tWLC0WTe3cERaEx142d
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrpH6x+2zhuyQrugX
zdj8ZtpMM6YtRjrzTJP3IClIsWyhRANCAAT8a6s8Qe6rS4GbagMa525GD3kR9zo2
KY8DZnYWqYtGAoVXT7Ii7VLDvPADvMlBw9lDQjcP4NcQANDiKL22/Ycw
-----END PRIVATE KEY-----
`;

function ask(url: string, headers: Record<string, string>): Promise<{ status: number; headers: object }> {
  return new Promise((resolve, reject) => {
    get(url, { ca: CERT, headers, agent: false, checkServerIdentity: () => undefined }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
    }).on('error', reject);
  });
}

describe('over TLS', () => {
  it('answers under https, asks browsers to stay there, and needs no redirect of names', async () => {
    const served = await serveRecorder({ tls: { cert: CERT, key: KEY } });
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
    const served = await serveRecorder({ host: '0.0.0.0', tls: { cert: CERT, key: KEY } });
    expect((await ask(`${served.server.baseUrl}/api/health/live`, {})).status).toBe(200);
    await served.close();
  });
});
