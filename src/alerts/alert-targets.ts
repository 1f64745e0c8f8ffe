import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { sendMessage } from './send-message.ts';

/** A place that word of alerts is sent to. */
export interface AlertTarget {
  /** What people know it by, without secrets. */
  readonly name: string;
  /** Rejects where it was not taken. */
  send(alert: Alert): Promise<void>;
}

export interface PlaceSettings {
  readonly url: string;
  readonly secret: string | null;
  readonly isInnerAllowed: boolean;
}

/**
 * A webhook that gets the alert as JSON. With a secret it is signed as Standard Webhooks 1.0 has it: headers
 * `webhook-id`, `webhook-timestamp` and `webhook-signature` (`v1,` and the HMAC-SHA256 of id, time and body in Base64).
 */
export function webhookTarget({ url, secret, isInnerAllowed }: PlaceSettings): AlertTarget {
  const address = new URL(url);
  return {
    name: `webhook ${shown(address)}`,
    async send(alert) {
      const body = JSON.stringify({ type: `alert.${alert.state}`, timestamp: alert.changedAt, data: alert });
      const id = `${alert.id}-${Date.parse(alert.changedAt)}`;
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature =
        secret === null ? {} : { 'webhook-signature': `v1,${sign(secret, `${id}.${timestamp}.${body}`)}` };
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        ...signature,
      };
      await sendMessage({ url: address, headers, body, isInnerAllowed });
    },
  };
}

/** Secrets may be written as Standard Webhooks has them (`whsec_` and Base64), else they are taken as they are. */
function sign(secret: string, content: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  return createHmac('sha256', key).update(content).digest('base64');
}

const PRIORITY = { critical: '5', major: '4', minor: '3' } as const;

/** A topic of an ntfy server: `https://ntfy.sh/my-topic`. */
export function ntfyTarget({ url, secret, isInnerAllowed }: PlaceSettings): AlertTarget {
  const address = new URL(url);
  return {
    name: `ntfy ${shown(address)}`,
    async send(alert) {
      const isOver = alert.state === 'resolved';
      await sendMessage({
        url: address,
        headers: {
          title: `Voice Recorder Pro: ${alert.check} ${isOver ? 'is well again' : alert.level === 'fail' ? 'failed' : 'warns'}`,
          priority: isOver ? '3' : PRIORITY[alert.severity],
          tags: isOver ? 'white_check_mark' : 'warning',
          ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        },
        body: isOver || alert.remedy === null ? alert.message : `${alert.message}\n${alert.remedy}`,
        isInnerAllowed,
      });
    },
  };
}

const COMMAND_TIMEOUT_MS = 30_000;

/** A program that gets the alert as JSON on its standard input, without a shell, for half a minute at most. */
export function commandTarget([program = '', ...args]: readonly string[]): AlertTarget {
  return {
    name: `command ${program}`,
    send: (alert) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, args, {
          stdio: ['pipe', 'ignore', 'ignore'],
          timeout: COMMAND_TIMEOUT_MS,
          killSignal: 'SIGKILL',
          env: { PATH: process.env['PATH'] ?? '' },
        });
        const fail = (why: string) =>
          reject(
            new VoiceRecorderError('alert-not-delivered', `${program} did not take the message: ${why}.`),
          );
        child.on('error', ({ message }) => fail(message));
        child.on('exit', (code, signal) =>
          code === 0 ? resolve() : fail(`it ended with ${signal ?? code}`),
        );
        // One that does not read has ended, and that is told.
        child.stdin.on('error', () => undefined);
        child.stdin.end(JSON.stringify(alert));
      }),
  };
}

/** A path may be a secret itself, as the topic of ntfy or the address of a chat's webhook are. */
function shown({ origin, pathname }: URL): string {
  return pathname.length <= 1 ? origin : `${origin}${pathname.slice(0, 3)}…`;
}
