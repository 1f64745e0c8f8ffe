import type { FastifyReply, FastifyRequest } from 'fastify';
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
  const isVerbose = app.log.level === 'debug' || app.log.level === 'trace';
  app.addHook('onResponse', (request, reply, done) => {
    const level = levelOf(request, reply.statusCode);
    if (level !== 'debug' || isVerbose) app.log[level](describe(request, reply), 'request');
    done();
  });
}

function levelOf({ method, url }: FastifyRequest, status: number): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn';
  return method === 'GET' || method === 'HEAD' || isFrequent(url) ? 'debug' : 'info';
}

function describe(request: FastifyRequest, reply: FastifyReply): Record<string, unknown> {
  return {
    requestId: request.id,
    method: request.method,
    // Without its query: whoever puts a secret there by mistake shall not find it in a log.
    path: request.url.split('?')[0]?.slice(0, 500),
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    actor: request.actor?.name,
  };
}

/** A recorder sends a piece every second. */
function isFrequent(url: string): boolean {
  return url.startsWith('/api/uploads/');
}
