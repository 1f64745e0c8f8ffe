import { z } from 'zod';
import { VoiceRecorderError } from '../model/failure.ts';
import { JOB_PRIORITIES, JOB_STATES } from '../model/job.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const config = { role: 'edit' } as const;
const jobSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string().nullable().describe('Of the recording it is about'),
  payload: z.unknown(),
  dedupeKey: z.string().nullable(),
  priority: z.enum(JOB_PRIORITIES),
  state: z.enum(JOB_STATES).describe('dead: failed for good, waits for a person'),
  runAt: z.string().describe('Not before'),
  startedAt: z.string().nullable().describe('Begin of the last attempt'),
  attempts: z.number(),
  maxAttempts: z.number(),
  progress: z.number().describe('Share from 0 to 1'),
  isCancelRequested: z.boolean(),
  error: z
    .object({ code: z.string(), message: z.string() })
    .nullable()
    .describe('Of the last failed attempt'),
  createdAt: z.string(),
  modifiedAt: z.string(),
});
const pageSchema = z.object({
  items: z.array(jobSchema).describe('Last changed first'),
  counts: z.object({ queued: z.number(), running: z.number(), dead: z.number() }),
});
const filter = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  kind: z.string().min(1).max(100).optional(),
  since: z.iso.datetime().optional().describe('Only those that changed since then'),
  limit: z.coerce.number().int().min(1).max(500).optional().describe('100 when not given'),
});
const params = z.object({ id: z.string().min(1).max(100) });

/** Work in the background. Looking and trying again need the role edit, cancelling the role admin. */
export function addJobRoutes(app: RecorderApp, { recorder: { jobs } }: RouteDesk): void {
  app.get(
    '/api/jobs',
    {
      config,
      schema: {
        querystring: filter,
        response: answers(pageSchema),
        summary: 'Jobs, and how many wait, run and failed',
      },
    },
    async ({ query: { state, kind, since, limit } }, reply) =>
      reply.header('cache-control', 'no-store').send(
        await jobs.list({
          ...(state === undefined ? {} : { state }),
          ...(kind === undefined ? {} : { kind }),
          ...(since === undefined ? {} : { since }),
          ...(limit === undefined ? {} : { limit }),
        }),
      ),
  );

  app.get(
    '/api/jobs/:id',
    { config, schema: { params, response: answers(jobSchema), summary: 'One job' } },
    async ({ params: { id } }, reply) => {
      const job = await jobs.find(id);
      if (!job) throw new VoiceRecorderError('job-unknown', `There is no job with the id ${id}.`);
      return reply.header('cache-control', 'no-store').send(job);
    },
  );

  app.post(
    '/api/jobs/:id/retry',
    {
      config,
      schema: {
        params,
        response: answers(jobSchema),
        summary: 'Try a failed or cancelled job anew',
        description:
          'Where the same work is waiting already the answer is that job. Any other job stays as it is.',
      },
    },
    async ({ params: { id } }) => jobs.retry(id),
  );

  app.post(
    '/api/jobs/:id/cancel',
    {
      config: { role: 'admin' },
      schema: {
        params,
        response: answers(jobSchema),
        summary: 'Cancel a job',
        description: 'A running one stops when it hears of it, and says so by its state.',
      },
    },
    async ({ params: { id } }) => jobs.cancel(id),
  );
}
