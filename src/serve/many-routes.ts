import { z } from 'zod';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { MAX_AMENDMENT_BYTES, readRecordingId } from './recording-routes.ts';
import { amendmentSchema } from './recording-schema.ts';

const bodySchema = z.strictObject({
  recordings: z
    .array(
      z.strictObject({
        id: z.string(),
        version: z.number().int().min(1).exactOptional().describe('Expected; any when left out'),
      }),
    )
    .min(1)
    .max(500),
  amendment: amendmentSchema.omit({ markers: true, timeline: true }),
});

const changedSchema = z.object({
  items: z.array(z.object({ id: z.string(), version: z.number() })),
});

/** One change to many recordings: all of them or none. */
export function addManyRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.patch(
    '/api/recordings',
    {
      config: { role: 'edit' },
      bodyLimit: MAX_AMENDMENT_BYTES,
      schema: {
        body: bodySchema,
        response: answers(changedSchema),
        summary: 'Amends up to 500 recordings, all or none; answered before their sidecars are written',
      },
    },
    async (request) => {
      const targets = request.body.recordings.map(({ id, version }) => ({
        id: readRecordingId(id),
        ...(version === undefined ? {} : { expectedVersion: version }),
      }));
      const changed = await recorder.library.amendAll(targets, request.body.amendment, request.actor?.name);
      // Not the recordings themselves: notes may be long, and there may be five hundred of them.
      return { items: changed.map(({ id, version }) => ({ id, version })) };
    },
  );
}
