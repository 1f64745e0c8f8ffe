import type { FastifyReply } from 'fastify';

/** Aborted when whoever asked has gone: nobody waits for the answer any more, or could say that it is enough. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}
