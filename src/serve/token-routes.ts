import { z } from 'zod';
import { ROLES } from '../model/access.ts';
import { answers } from './answer-schema.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';

const MAX_BODY_BYTES = 4096;
const config = { role: 'admin' } as const;

const wishSchema = z.strictObject({ name: z.string().max(200), role: z.enum(ROLES) });
const tokenSchema = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  createdAt: z.string(),
  lastUsedAt: z.string().nullable(),
});

/** Named tokens over HTTP, for the command line beside a running server. */
export function addTokenRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { access } = recorder;

  app.get(
    '/api/tokens',
    { config, schema: { response: answers(z.object({ items: z.array(tokenSchema) })) } },
    async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ items: await access.listTokens() }),
  );

  app.post(
    '/api/tokens',
    {
      config,
      bodyLimit: MAX_BODY_BYTES,
      schema: { body: wishSchema, summary: 'A new token; this answer alone shows it' },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      const token = await access.addToken(name, role);
      return reply.code(201).header('cache-control', 'no-store').send({ name, role, token });
    },
  );

  app.delete(
    '/api/tokens/:name',
    {
      config,
      schema: {
        params: z.object({ name: z.string().max(200) }),
        summary: 'Ends the token and its sessions',
      },
    },
    async (request, reply) => {
      await access.revokeToken(request.params.name);
      return reply.code(204).send();
    },
  );
}
