import type { FastifyReply, FastifyRequest } from 'fastify';
import { runInLogContext } from '../log/log-context.ts';
import type { RecorderApp } from './recorder-app.ts';

/** One line for each request that changed something or failed; the others only at the level `debug`. */
export function logRequests(app: RecorderApp): void {
  app.addHook('onRequest', (request, _reply, done) => runInLogContext({ requestId: request.id }, done));
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
