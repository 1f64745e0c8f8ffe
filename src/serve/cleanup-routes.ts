import { z } from 'zod';
import { CLEANUP_KINDS, type CleanupProgress, type CleanupReport } from '../model/cleanup.ts';
import { answers } from './answer-schema.ts';
import { answerWithProgress, PROGRESS_NOTE } from './progress-answer.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const MAX_BODY_BYTES = 4096;
const kind = z.enum(CLEANUP_KINDS);

export const recommendationSchema = z.object({
  kind,
  count: z.number(),
  freesBytes: z.number(),
  risk: z.enum(['none', 'low', 'final', 'review']),
  message: z.string(),
  examples: z.array(z.object({ name: z.string(), bytes: z.number(), id: z.string().nullable() })),
});

const reportSchema = z.object({
  done: z.array(z.object({ kind, count: z.number(), freedBytes: z.number() })),
  freedBytes: z.number(),
  failed: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })),
});

/** Ways to make room. Looking needs the role edit, letting go the role admin. */
export function addCleanupRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { cleanup } = recorder;

  app.get(
    '/api/cleanup',
    {
      config: { role: 'edit' },
      schema: {
        response: answers(z.object({ recommendations: z.array(recommendationSchema) })),
        summary: 'What could go',
      },
    },
    async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ recommendations: await cleanup.recommend() }),
  );

  app.post(
    '/api/cleanup',
    {
      config: { role: 'admin' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        body: z.strictObject({ kinds: z.array(kind).min(1) }),
        response: answers(reportSchema),
        summary: 'Lets go what is found now of these kinds',
        description: PROGRESS_NOTE,
      },
    },
    (request, reply) =>
      answerWithProgress<CleanupProgress, CleanupReport>(request, reply, (signal, onProgress) =>
        cleanup.apply(request.body.kinds, { signal, ...(onProgress && { onProgress }) }),
      ),
  );
}
