import { z } from 'zod';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const storesSchema = z.object({
  items: z.array(
    z.object({
      id: z.string().describe('The `storeId` of its recordings'),
      name: z.string().describe('Host and data folder'),
      isHere: z.boolean().describe('The store of this server'),
    }),
  ),
});

/** Which stores share the catalogue. */
export function addStoreRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.get(
    '/api/stores',
    {
      config: { role: 'edit' },
      schema: {
        summary: 'The stores whose recordings are in the catalogue; none where it is a file',
        response: answers(storesSchema),
      },
    },
    async () => ({ items: [...(await recorder.stores())] }),
  );
}
