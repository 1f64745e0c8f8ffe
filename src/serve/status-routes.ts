import { z } from 'zod';
import { answers } from './answer-schema.ts';
import { recommendationSchema } from './cleanup-routes.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const count = z.object({ count: z.number(), bytes: z.number() });
const storageSchema = z.object({
  dataDir: z.string(),
  freeBytes: z.number(),
  totalBytes: z.number(),
  freeInodes: z
    .number()
    .nullable()
    .describe('Files that can still be made, where the file system counts them'),
  reservedBytes: z.number().describe('Declared by uploads and imports under way, and not written yet'),
  minutesLeft: z.record(z.string(), z.number()).describe('Minutes of recording that still fit, by preset'),
  acceptance: z
    .object({ derived: z.boolean(), imports: z.boolean(), takes: z.boolean() })
    .describe('What is still begun; with less and less room it is given up in this order'),
  recordingCount: z.number(),
  recordingBytes: z.number(),
  byKind: z
    .record(z.string(), count)
    .describe('originals, edited, trash, derived, spool, quarantine, backup, database, reserve'),
  measuredAt: z
    .string()
    .nullable()
    .describe('When folders were counted; null while that is done for the first time'),
  growth: z.array(count.extend({ month: z.string() })),
  forecast: z
    .object({ bytesPerDay: z.number(), basedOnDays: z.number(), fullOn: z.string().nullable() })
    .nullable()
    .describe('From the last 30 days; null with less than a week to judge by'),
  recommendations: z.array(recommendationSchema).optional().describe('What could go; with thorough=true'),
});
const storageQuery = z.object({
  thorough: z.enum(['true', 'false']).optional().describe('Wait until all is counted anew'),
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
    { config: { role: 'edit' }, schema: { querystring: storageQuery, response: answers(storageSchema) } },
    async (request) => recorder.storageReport({ isThorough: request.query.thorough === 'true' }),
  );
}
