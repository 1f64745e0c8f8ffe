import { describe, expect, it } from 'vitest';
import { ApiError, problemOf } from './http.ts';
import { takeLoginCode } from './login-code.ts';
import { shouldRetry } from './queries.ts';

describe('a login link', () => {
  function follow(hash: string) {
    const addresses: unknown[] = [];
    const history = {
      replaceState: (_state: unknown, _title: string, url?: string | URL | null) => void addresses.push(url),
    };
    return { code: takeLoginCode({ hash, pathname: '/library', search: '?a=1' }, history), addresses };
  }

  it('gives its code and vanishes from the address', () => {
    expect(follow('#login=Ab_9-x')).toEqual({ code: 'Ab_9-x', addresses: ['/library?a=1'] });
  });

  it('is not seen in other fragments', () => {
    expect(follow('#content')).toEqual({ code: null, addresses: [] });
  });
});

describe('a refusal of the server', () => {
  it('keeps code and sentence of the problem document', async () => {
    const body = JSON.stringify({ code: 'version-conflict', detail: 'It was changed.' });
    const problem = await problemOf(new Response(body, { status: 412 }));
    expect(problem).toMatchObject({ code: 'version-conflict', message: 'It was changed.', status: 412 });
  });

  it('is a sentence even when the answer is none', async () => {
    const problem = await problemOf(new Response('<html>', { status: 502 }));
    expect(problem).toMatchObject({ code: 'http-502', message: 'The server answered 502.' });
  });

  it('is not asked again, a busy server is', () => {
    expect(shouldRetry(0, new ApiError('recording-unknown', '', 404))).toBe(false);
    expect(shouldRetry(0, new ApiError('upload-recovering', '', 503))).toBe(true);
    expect(shouldRetry(3, new ApiError('server-unreachable', '', 0))).toBe(false);
  });
});
