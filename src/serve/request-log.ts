import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { RecorderApp } from './recorder-app.ts';

/** Fields that never reach a log, however they came into a line. */
const SECRETS = ['authorization', 'cookie', 'token', 'secret', 'sessionSecret', 'loginCode'];

/** The log of the server: one JSON object a line on stderr. Stdout belongs to what a program answers. */
export function openLog(
  level: string,
  target: DestinationStream = destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '(hidden)' },
    },
    target,
  );
}

/** One line for each request that changed something or failed; the others only at the level `debug`. */
export function logRequests(app: RecorderApp): void {
  app.addHook('onResponse', async (request, reply) => {
    const line = {
      requestId: request.id,
      method: request.method,
      // Without its query: whoever puts a secret there by mistake shall not find it in a log.
      path: request.url.split('?')[0]?.slice(0, 500),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      actor: request.actor?.name,
    };
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (reply.statusCode >= 500) request.log.warn(line, 'request failed');
    else if (isRead || isFrequent(request.url)) request.log.debug(line, 'request');
    else request.log.info(line, 'request');
  });
}

/** A recorder sends a piece every second. */
function isFrequent(url: string): boolean {
  return url.startsWith('/api/uploads/');
}
