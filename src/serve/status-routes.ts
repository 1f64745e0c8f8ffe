import { z } from 'zod';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const storageSchema = z.object({
  dataDir: z.string(),
  freeBytes: z.number(),
  totalBytes: z.number(),
  minutesLeft: z.record(z.string(), z.number()).describe('Minutes of recording that still fit, by preset'),
  recordingCount: z.number(),
  recordingBytes: z.number(),
});

/** How the server is, in one word for everybody and in figures for those who may know. */
export function addStatusRoutes(app: RecorderApp, { recorder, shutdown }: RouteDesk): void {
  const word = { config: { role: 'open' }, schema: { response: answers(z.string()) } } as const;

  app.get('/api/health/live', word, async (_request, reply) =>
    reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('live'),
  );

  app.get('/api/health/ready', word, async (_request, reply) => {
    reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8');
    const isReady = !shutdown.begins.aborted && (await recorder.isReady());
    return isReady ? reply.send('ready') : reply.code(503).send('unready');
  });

  app.get(
    '/api/storage',
    { config: { role: 'edit' }, schema: { response: answers(storageSchema) } },
    async () => recorder.storageReport(),
  );
}
