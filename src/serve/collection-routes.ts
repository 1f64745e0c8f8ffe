import { z } from 'zod';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const ROUTE = '/api/collections/:name';
const config = { role: 'edit' } as const;
const params = z.object({ name: z.string() });
const changedSchema = z.object({ changedRecordings: z.number() });

/** Collections as a whole; which ones a recording is in is a field of the recording. */
export function addCollectionRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { library } = recorder;

  app.get(
    '/api/collections',
    {
      config,
      schema: {
        response: answers(
          z.object({ items: z.array(z.object({ collection: z.string(), count: z.number() })) }),
        ),
      },
    },
    async () => ({ items: await library.collections() }),
  );

  app.patch(
    ROUTE,
    {
      config,
      schema: {
        params,
        body: z.strictObject({ name: z.string().trim().min(1).max(1000) }),
        response: answers(changedSchema),
        summary: 'Another name; a collection that bears it already takes this one in',
      },
    },
    async (request) => ({
      changedRecordings: await library.renameCollection(
        request.params.name,
        request.body.name,
        request.actor?.name,
      ),
    }),
  );

  app.delete(
    ROUTE,
    {
      config,
      schema: { params, response: answers(changedSchema), summary: 'Takes all recordings out; they stay' },
    },
    async (request) => ({
      changedRecordings: await library.removeCollection(request.params.name, request.actor?.name),
    }),
  );
}
