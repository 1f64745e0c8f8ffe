import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { RecorderApp } from './recorder-app.ts';

/** Describes all routes added from here on, at `/api/openapi.json`. */
export async function describeRoutes(app: RecorderApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Voice Recorder Pro',
        description:
          'Uploads speak tus 1.0.0. Refusals are application/problem+json with a stable `code`, explained in docs/errors.md.',
        version,
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'vrp_<port>_<store>' },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
  });

  app.get('/api/openapi.json', { config: { role: 'record' }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
}
