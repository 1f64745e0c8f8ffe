import type { FastifyRequest } from 'fastify';
import type { RecorderApp } from './recorder-app.ts';

const BODY_TIMEOUT_MS = 30_000;
const LINGER_MS = 5000;

/**
 * Ends connections whose sender goes on sending (or stays silent) for nothing: a small body that never ends, or the
 * rest of one that was refused. The short linger lets a client read the refusal before its connection is reset.
 */
export function endUnreadBodies(app: RecorderApp): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (hasBody(request) && !request.routeOptions.config.isBodyStreamed) endLater(request, BODY_TIMEOUT_MS);
    done();
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (!request.raw.complete && hasBody(request)) endLater(request, LINGER_MS);
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function endLater({ raw }: FastifyRequest, delayMs: number): void {
  const timer = setTimeout(() => {
    if (!raw.complete) raw.socket.destroy();
  }, delayMs);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
}
