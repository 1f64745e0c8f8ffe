import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../model/alert.ts';
import { AlertPost } from './alert-post.ts';
import { type AlertTarget, commandTarget, ntfyTarget, webhookTarget } from './alert-targets.ts';
import { isPublicAddress } from './public-address.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function receiver(statusOf: (count: number) => number = () => 204) {
  const received: Received[] = [];
  const url = await listen((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(statusOf(received.length), { location: url }).end();
    });
  });
  return { url, received };
}

function alertOf(more: Partial<Alert> = {}): Alert {
  return {
    ...{ id: 'alert-1', check: 'disk-space', severity: 'critical', level: 'fail', state: 'firing' },
    ...{ message: 'No new take is taken in: 0 GB are free.', remedy: 'Make room.', value: 0 },
    ...{ startedAt: '2026-01-01T00:00:00.000Z', changedAt: '2026-01-01T00:00:00.000Z', resolvedAt: null },
    ...{ acknowledgedBy: null, acknowledgedAt: null, returns: 0, isSilenced: false },
    ...more,
  };
}

const place = (url: string, secret: string | null = null) => ({ url, secret, isInnerAllowed: true });

function postTo(targets: readonly AlertTarget[], pausesMs: readonly number[] = [10, 20, 30]) {
  const faults: string[] = [];
  const post = new AlertPost({
    targets,
    pausesMs,
    onFault: (error, target) => void faults.push(`${target}: ${String(error)}`),
  });
  return { post, faults };
}

describe('word of an alert', () => {
  it('comes to a webhook as JSON, signed as Standard Webhooks has it', async () => {
    const { url, received } = await receiver();
    const { post } = postTo([webhookTarget(place(url, 'a secret of theirs'))]);
    post.post(alertOf());
    await expect.poll(() => received.length).toBe(1);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(JSON.parse(body)).toEqual({
      type: 'alert.firing',
      timestamp: alertOf().changedAt,
      data: alertOf(),
    });
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', 'a secret of theirs').update(content).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('comes to ntfy with a title, a priority and what to do', async () => {
    const { url, received } = await receiver();
    const { post } = postTo([ntfyTarget(place(url, 'tk_1234567890'))]);
    post.post(alertOf());
    post.post(alertOf({ id: 'alert-2', state: 'resolved' }));
    await expect.poll(() => received.length).toBe(2);
    expect(received[0]?.headers).toMatchObject({
      ...{ priority: '5', authorization: 'Bearer tk_1234567890' },
      title: 'Voice Recorder Pro: disk-space failed',
    });
    expect(received[0]?.body).toContain('Make room.');
    expect(received[1]?.headers['title']).toContain('is well again');
  });

  it('is given to a program on its standard input, and nothing of the environment besides its path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-alert-'));
    const program = join(folder, 'tell');
    await writeFile(program, `#!/bin/sh\ncat > "${folder}/heard"\nenv > "${folder}/env"\nexit "$1"\n`);
    await chmod(program, 0o700);
    process.env['VRP_ALERT_TEST_SECRET'] = 'not for others';
    try {
      await commandTarget([program, '0']).send(alertOf());
      expect(JSON.parse(await readFile(join(folder, 'heard'), 'utf8'))).toEqual(alertOf());
      expect(await readFile(join(folder, 'env'), 'utf8')).not.toContain('not for others');
      await expect(commandTarget([program, '3']).send(alertOf())).rejects.toMatchObject({
        code: 'alert-not-delivered',
        message: expect.stringContaining('ended with 3'),
      });
      await expect(commandTarget([join(folder, 'none')]).send(alertOf())).rejects.toMatchObject({
        code: 'alert-not-delivered',
      });
    } finally {
      delete process.env['VRP_ALERT_TEST_SECRET'];
      await rm(folder, { recursive: true });
    }
  });

  it('is sent again until it is taken, and of each alert only its newest state', async () => {
    const { url, received } = await receiver((count) => (count < 3 ? 500 : 200));
    const { post, faults } = postTo([webhookTarget(place(url))], [50, 50, 50]);
    for (let value = 0; value < 100; value += 1) post.post(alertOf({ value }));
    await expect.poll(() => received.length).toBe(3);
    expect(faults).toHaveLength(2);
    const last = JSON.parse(received[2]?.body ?? '') as { data: Alert };
    expect(last.data.value).toBe(99);
    expect(received.length).toBe(3);
  });

  it('follows no redirect, and one place that never answers holds up no other', async () => {
    const hanging = await listen(() => undefined);
    const redirecting = await receiver(() => 302);
    const good = await receiver();
    const targets = [hanging, redirecting.url, good.url].map((url) => webhookTarget(place(url)));
    const { post } = postTo(targets, []);
    const outcomes = await post.test(alertOf({ check: 'test' }));
    expect(outcomes.map(({ isDelivered }) => isDelivered)).toEqual([false, false, true]);
    expect(outcomes[0]?.error).toContain('did not answer within 10 s');
    expect(outcomes[1]?.error).toContain('not followed');
    expect(redirecting.received).toHaveLength(1);
    // The path of an address may be a secret.
    expect(outcomes[2]?.target).not.toContain('/hook');
    post.post(alertOf());
    await expect.poll(() => good.received.length).toBe(2);
    post.close();
  });

  it('is not sent to this machine or its network unless the configuration file says so', async () => {
    const { url, received } = await receiver();
    for (const inner of [
      url,
      url.replace('127.0.0.1', 'localhost'),
      'http://169.254.169.254/latest',
      'http://[::1]/',
    ]) {
      const target = webhookTarget({ url: inner, secret: null, isInnerAllowed: false });
      await expect(target.send(alertOf())).rejects.toMatchObject({ code: 'alert-target-refused' });
    }
    expect(received).toHaveLength(0);
  });

  it('waits for each place in a bounded number', async () => {
    let isUp = false;
    const sent: string[] = [];
    const target: AlertTarget = {
      name: 'down',
      send: async ({ id }) => {
        if (!isUp) throw new Error('down');
        sent.push(id);
      },
    };
    const { post } = postTo([target], [30, 30, 30]);
    for (let n = 0; n < 10_000; n += 1) post.post(alertOf({ id: `alert-${n}` }));
    isUp = true;
    await expect.poll(() => sent.length).toBe(200);
    expect(sent.at(-1)).toBe('alert-9999');
  });
});

describe('a public address', () => {
  it.each([
    ...['127.0.0.1', '10.1.2.3', '192.168.1.1', '172.16.0.1', '169.254.169.254', '0.0.0.0', '100.64.0.1'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
      '224.0.0.1',
      'no address',
    ],
  ])('is not %s', (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:1.1.1.1'])('is %s', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});
