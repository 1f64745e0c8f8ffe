import { z } from 'zod';
import type { HistoryPage } from '../model/history.ts';
import { answers } from './answer-schema.ts';
import { readExpectedVersion } from './entity-tag.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { readRecordingId, sendRecording } from './recording-routes.ts';
import { recordingSchema } from './recording-schema.ts';

const ROUTE = '/api/recordings/:id/history';
const config = { role: 'edit' } as const;

const fieldsSchema = z.object({
  title: z.string().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  notes: z.string().exactOptional(),
  markers: z.array(z.object({ atSeconds: z.number(), label: z.string() })).exactOptional(),
  collections: z.array(z.string()).exactOptional(),
  recordedAt: z.string().nullable().exactOptional(),
  recordedAtSource: z.string().nullable().exactOptional(),
  isTrashed: z.boolean().exactOptional(),
});

const historySchema = z.object({
  items: z.array(
    z.object({
      version: z.number().describe('Of the recording, once it was changed'),
      changedAt: z.string(),
      by: z.string().describe('Name of the token, or "owner"'),
      undoes: z.number().nullable().describe('The version whose change this one took back'),
      before: fieldsSchema.describe('Only what was changed, as it was before'),
      after: fieldsSchema,
    }),
  ),
  nextCursor: z.string().nullable(),
}) satisfies z.ZodType<HistoryPage>;

const querySchema = z.object({
  limit: z.coerce.number().int().min(1).max(500).exactOptional(),
  cursor: z.string().max(1000).exactOptional(),
});

/** What people changed about a recording, and the way back. */
export function addHistoryRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { library } = recorder;

  app.get(
    ROUTE,
    {
      config,
      schema: {
        params: z.object({ id: z.string() }),
        querystring: querySchema,
        response: answers(historySchema),
        summary: 'What people changed, newest first',
      },
    },
    (request) => library.history(readRecordingId(request.params.id), request.query),
  );

  app.post(
    `${ROUTE}/:version/undo`,
    {
      config,
      schema: {
        params: z.object({ id: z.string(), version: z.coerce.number().int().min(1) }),
        response: answers(recordingSchema),
        summary: 'Puts back what the change that made this version had found',
      },
    },
    async (request, reply) => {
      const { id, version } = request.params;
      const expected = readExpectedVersion(request.headers['if-match']);
      return sendRecording(
        reply,
        await library.undo(readRecordingId(id), version, expected, request.actor?.name),
      );
    },
  );
}
