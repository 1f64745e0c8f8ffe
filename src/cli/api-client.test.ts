import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PROGRESS_TYPE } from '../model/progress-lines.ts';
import { connect } from './api-client.ts';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function clientOf(answer: (response: ServerResponse) => void) {
  server = createServer((_request, response) => {
    response.setHeader('content-type', PROGRESS_TYPE);
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return connect({ baseUrl, token: null, tlsCert: null });
}

describe('an answer with its progress', () => {
  it('is told line by line, wherever the pieces are cut, and its last line is the answer', async () => {
    const text = '{"progress":{"done":1}}\n{"progress":{"done":"zwölf"}}\n{"answer":{"is":"there"}}\n';
    const bytes = Buffer.from(text);
    const client = await clientOf((response) => {
      const send = (at: number): void => {
        if (at === bytes.length) response.end();
        else response.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1));
      };
      send(0);
    });
    const heard: unknown[] = [];
    const { json } = await client.request('POST', '/x', { onProgress: (progress) => heard.push(progress) });
    expect(json).toEqual({ is: 'there' });
    expect(heard).toEqual([{ done: 1 }, { done: 'zwölf' }]);
    client.close();
  });

  it('that breaks off is a server that did not answer, and nothing worse', async () => {
    const client = await clientOf((response) => {
      response.write('{"progress":{"done":1}}\n', () => response.destroy());
    });
    const asked = client.request('POST', '/x', { onProgress: () => undefined });
    await expect(asked).rejects.toMatchObject({ code: 'server-unreachable' });
    client.close();
  });
});
