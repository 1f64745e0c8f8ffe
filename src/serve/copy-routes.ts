import { z } from 'zod';
import { COPY_STATES, type CopyProgress } from '../model/copy.ts';
import type { SyncSummary } from '../sync/copies.ts';
import { answers } from './answer-schema.ts';
import { answerWithProgress, PROGRESS_NOTE } from './progress-answer.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { readRecordingId } from './recording-routes.ts';

const config = { role: 'edit' } as const;
const state = z
  .enum(COPY_STATES)
  .describe(
    'verified: the bytes were read at the target and are right; stale: so they were, metadata is newer here',
  );
const fault = z.object({ code: z.string(), message: z.string() }).nullable();
const targetsSchema = z.object({
  targets: z.array(
    z.object({
      name: z.string(),
      url: z.string(),
      kind: z.enum(['s3', 'folder', 'rclone']),
      copies: z.record(z.enum(COPY_STATES), z.number()),
      owedBytes: z.number(),
      lastVerifiedAt: z.string().nullable(),
      oldestVerifiedAt: z.string().nullable(),
      fault: fault.describe('Why nothing is sent at present'),
    }),
  ),
});
const copiesSchema = z.object({
  items: z.array(
    z.object({
      recordingId: z.string(),
      target: z.string(),
      state,
      storedFilename: z.string().describe('Path below the root of the target'),
      sizeBytes: z.number(),
      attempts: z.number().describe('Since it was last verified'),
      nextTryAt: z.string().nullable(),
      sentAt: z.string().nullable(),
      verifiedAt: z.string().nullable(),
      error: fault,
    }),
  ),
});
const summarySchema = z.object({
  verified: z.number(),
  failed: z.number(),
  faults: z.array(z.object({ target: z.string(), code: z.string(), message: z.string() })),
});
const name = z.string().min(1).max(63);
const chosen = z
  .strictObject({ target: name.optional(), ids: z.array(z.string()).min(1).max(500).optional() })
  .optional();
const listQuery = z.object({
  target: name.optional(),
  state: z.enum(COPY_STATES).optional(),
  recordingId: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).optional(),
});
const trialSchema = z.object({
  trials: z.array(
    z.object({ step: z.enum(['write', 'verify', 'list', 'remove']), durationMs: z.number(), error: fault }),
  ),
});

/** Copies at other places. Which places those are is said on the command line only. */
export function addCopyRoutes(app: RecorderApp, { recorder: { copies } }: RouteDesk): void {
  app.get(
    '/api/sync',
    { config, schema: { summary: 'How each target of copies stands', response: answers(targetsSchema) } },
    async () => ({ targets: [...(await copies.targets())] }),
  );

  app.get(
    '/api/sync/copies',
    {
      config,
      schema: {
        summary: 'Copies of each target, newest recordings first',
        querystring: listQuery,
        response: answers(copiesSchema),
      },
    },
    async ({ query: { recordingId, ...query } }) => ({
      items: [
        ...(await copies.list({
          ...query,
          ...(recordingId && { recordingId: readRecordingId(recordingId) }),
        })),
      ],
    }),
  );

  app.post(
    '/api/sync',
    {
      config,
      schema: {
        summary: 'Send, read back and compare everything that is owed, until nothing is',
        description: `${PROGRESS_NOTE} Progress tells of one copy each.`,
        body: chosen,
        response: answers(summarySchema),
      },
    },
    (request, reply) => {
      const { target, ids } = request.body ?? {};
      const wish = { ...(target && { target }), ...(ids && { ids: ids.map(readRecordingId) }) };
      return answerWithProgress<CopyProgress, SyncSummary>(
        request,
        reply,
        (signal, onProgress) => copies.sync({ ...wish, signal, ...(onProgress && { onProgress }) }),
        isEnd,
      );
    },
  );

  app.post(
    '/api/sync/plan',
    {
      config,
      schema: {
        summary: 'Find out how much is owed',
        body: z.strictObject({ target: name.optional() }).optional(),
        response: answers(z.object({ copies: z.number(), bytes: z.number() })),
      },
    },
    ({ body }) => copies.plan(body?.target === undefined ? {} : { target: body.target }),
  );

  app.post(
    '/api/recordings/:id/sync',
    {
      config,
      schema: {
        summary: 'Send one recording to every target now',
        description: `${PROGRESS_NOTE} Progress tells of one copy each.`,
        params: z.object({ id: z.string() }),
        response: answers(summarySchema),
      },
    },
    (request, reply) => {
      const ids = [readRecordingId(request.params.id)];
      return answerWithProgress<CopyProgress, SyncSummary>(
        request,
        reply,
        (signal, onProgress) => copies.sync({ ids, signal, ...(onProgress && { onProgress }) }),
        isEnd,
      );
    },
  );

  app.post(
    '/api/sync/retry',
    {
      config,
      schema: {
        summary: 'Have failed copies tried again, conflicts too',
        body: chosen,
        response: answers(z.object({ count: z.number() })),
      },
    },
    async ({ body }) => {
      const { target, ids } = body ?? {};
      return {
        count: await copies.retry({
          ...(target && { target }),
          ...(ids && { ids: ids.map(readRecordingId) }),
        }),
      };
    },
  );

  app.post(
    '/api/targets/:name/test',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Write, read back, find and remove an object at a target',
        params: z.object({ name }),
        response: answers(trialSchema),
      },
    },
    async ({ params }) => ({ trials: [...(await copies.test(params.name))] }),
  );
}

/** Each copy's end is told, however fast they come. */
function isEnd({ state: reached }: CopyProgress): boolean {
  return reached !== 'sending' && reached !== 'sent';
}
