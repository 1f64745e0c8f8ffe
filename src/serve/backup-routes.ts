import { z } from 'zod';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const config = { role: 'admin' } as const;
const backupSchema = z.object({
  name: z.string().describe('Name in the folder backup of the store'),
  createdAt: z.string(),
  sizeBytes: z.number(),
});

/** Snapshots of the catalogue. Putting one back needs a server that does not run. */
export function addBackupRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.get(
    '/api/backups',
    {
      config,
      schema: { response: answers(z.object({ items: z.array(backupSchema) })), summary: 'Newest first' },
    },
    async () => ({ items: await recorder.backups.list() }),
  );

  app.post(
    '/api/backups',
    {
      config,
      schema: {
        response: answers(
          backupSchema.extend({
            removed: z.array(z.string()).describe('Older ones that the rotation let go'),
          }),
        ),
        summary: 'Make a checked snapshot of the catalogue now',
      },
    },
    async () => recorder.backups.create(),
  );
}
