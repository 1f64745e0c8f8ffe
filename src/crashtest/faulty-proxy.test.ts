import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import { type FaultyProxy, openFaultyProxy } from './faulty-proxy.ts';

let server: Server;
let proxy: FaultyProxy;
const arrived: string[] = [];

beforeEach(async () => {
  arrived.length = 0;
  server = createServer(async (incoming, response) => {
    const hash = createHash('sha256');
    try {
      for await (const piece of incoming) hash.update(piece as Buffer);
    } catch {
      // The client was cut off.
      return;
    }
    const digest = hash.digest('hex');
    arrived.push(digest);
    response.end(digest);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await openFaultyProxy((server.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

/** The answer, or undefined when the connection broke. */
function send(body: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(
      { port: proxy.port, host: '127.0.0.1', method: 'PUT' },
      (answer: IncomingMessage) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve(text));
        answer.on('error', () => resolve(undefined));
      },
    );
    outgoing.on('error', () => resolve(undefined));
    outgoing.end(body);
  });
}

describe('the faulty proxy', () => {
  it('passes everything on as it is when no fault is asked for', async () => {
    const body = randomBytes(3_000_000);
    expect(await send(body)).toBe(sha256(body));
  });

  it('cuts a connection after so many bytes, once', async () => {
    const body = randomBytes(500_000);
    proxy.cutAfter(200_000);
    expect(await send(body)).toBeUndefined();
    expect(proxy.cutCount).toBe(1);
    expect(arrived).toEqual([]);
    expect(await send(body)).toBe(sha256(body));
  });

  it('swallows an answer after the bytes have arrived', async () => {
    const body = randomBytes(1000);
    proxy.setSwallowing(true);
    const answer = send(body);
    while (arrived.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    // After a standstill that time is over before anything was read: the answer is read in these turns at the latest.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    proxy.setSwallowing(false);
    expect(await answer).toBeUndefined();
    expect(arrived).toEqual([sha256(body)]);
    expect(await send(body)).toBe(sha256(body));
  });

  it('refuses while it is down and drops what is open', async () => {
    proxy.setDown(true);
    expect(await send(Buffer.from('x'))).toBeUndefined();
    proxy.setDown(false);
    expect(await send(Buffer.from('x'))).toBe(sha256(Buffer.from('x')));
  });

  it('keeps the order of bytes while the delay changes', async () => {
    const body = randomBytes(2_000_000);
    let delayMs = 0;
    const timer = setInterval(() => {
      delayMs = (delayMs + 3) % 7;
      proxy.setDelay(delayMs);
    }, 1);
    try {
      expect(await send(body)).toBe(sha256(body));
    } finally {
      clearInterval(timer);
    }
  });
});
