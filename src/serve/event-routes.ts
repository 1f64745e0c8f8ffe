import { PassThrough } from 'node:stream';
import type { RecorderEvent } from '../model/recorder-event.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2000;
/** A listener that reads nothing is let go; it asks anew when it comes back. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Server-sent events (HTML Living Standard, section 9.2). */
export function addEventRoutes(app: RecorderApp, { recorder, shutdown }: RouteDesk): void {
  app.get(
    '/api/events',
    {
      config: { role: 'edit' },
      exposeHeadRoute: false,
      schema: { summary: 'What happens, as server-sent events named by their type' },
    },
    async (_request, reply) => {
      const stream = new PassThrough();
      const write = (text: string) => {
        if (stream.writableEnded) return;
        if (stream.writableLength > MAX_WAITING_BYTES) end();
        else stream.write(text);
      };
      const unsubscribe = recorder.subscribe((event) => write(formatEvent(event)));
      const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
      const end = () => {
        unsubscribe();
        clearInterval(heartbeat);
        shutdown.begins.removeEventListener('abort', end);
        stream.end();
      };
      shutdown.begins.addEventListener('abort', end, { once: true });
      stream.once('close', end);
      write(`retry: ${RECONNECT_MS}\n\n`);
      return reply
        .headers({
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          // Asks proxies not to hold events back.
          'x-accel-buffering': 'no',
        })
        .send(stream);
    },
  );
}

function formatEvent(event: RecorderEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
