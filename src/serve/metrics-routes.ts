import { z } from 'zod';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

/** Counts every request, those that are refused included. To be called before anything else is hooked in. */
export function countRequests(app: RecorderApp, { metrics }: RouteDesk): void {
  const { http } = metrics;
  app.server.on('connection', (socket) => http.watch(socket));
  app.addHook('onRequest', (request, { raw }, done) => {
    const beganMs = performance.now();
    http.begin();
    // The hook onResponse hears nothing of an answer whose reader left.
    raw.once('close', () =>
      http.end({
        method: request.method,
        route: request.is404 ? undefined : request.routeOptions.url,
        status: raw.statusCode,
        isAborted: !raw.writableFinished,
        durationSeconds: (performance.now() - beganMs) / 1000,
      }),
    );
    done();
  });
  app.addHook('onClose', (_app, done) => {
    metrics.close();
    done();
  });
}

/** What Prometheus scrapes. Its own role, because a scraper's token lies in another machine's configuration. */
export function addMetricsRoutes(app: RecorderApp, { metrics }: RouteDesk): void {
  app.get(
    '/metrics',
    {
      config: { role: 'metrics' },
      exposeHeadRoute: false,
      schema: {
        summary: 'Figures for Prometheus, in its text format; docs/monitoring.md explains each',
        response: answers(z.string()),
      },
    },
    async (_request, reply) => {
      const text = await metrics.scrape();
      return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text);
    },
  );
}
