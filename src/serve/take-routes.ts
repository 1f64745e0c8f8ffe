import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Take } from '../model/take.ts';
import { answers } from './answer-schema.ts';
import { sendAudio } from './audio-routes.ts';
import { readExpectedTakeVersion } from './entity-tag.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { MAX_AMENDMENT_BYTES } from './recording-routes.ts';
import { peaksQuerySchema, peaksSchema, takeAmendmentSchema, takeSchema } from './recording-schema.ts';

const ROUTE = '/api/takes/:takeId';
// As `Upload-Metadata` takes it.
const params = z.object({ takeId: z.string().max(64) });
const config = { role: 'edit' } as const;

/** Takes as one, over HTTP. A take's ETag is its version, which is made of those of its segments. */
export function addTakeRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { takes } = recorder;

  app.get(
    ROUTE,
    { config, schema: { params, response: answers(takeSchema), summary: 'A take with all its segments' } },
    async (request, reply) => {
      const { takeId } = request.params;
      const take = await takes.find(takeId);
      if (take) return sendTake(reply, take);
      throw new VoiceRecorderError('take-unknown', `There is no take with the id ${takeId}.`);
    },
  );

  app.patch(
    ROUTE,
    {
      config,
      bodyLimit: MAX_AMENDMENT_BYTES,
      schema: {
        params,
        body: takeAmendmentSchema,
        response: answers(takeSchema),
        summary: 'All segments at once',
      },
    },
    async (request, reply) => {
      const expected = readExpectedTakeVersion(request.headers['if-match']);
      return sendTake(
        reply,
        await takes.amend(request.params.takeId, request.body, expected, request.actor?.name),
      );
    },
  );

  app.delete(
    ROUTE,
    { config, schema: { params, response: answers(takeSchema), summary: 'All segments to the trash' } },
    async (request, reply) => {
      const expected = readExpectedTakeVersion(request.headers['if-match']);
      return sendTake(reply, await takes.trash(request.params.takeId, expected, request.actor?.name));
    },
  );

  app.post(
    `${ROUTE}/restore`,
    { config, schema: { params, response: answers(takeSchema), summary: 'All segments from the trash' } },
    async (request, reply) =>
      sendTake(reply, await takes.restore(request.params.takeId, request.actor?.name)),
  );

  app.get(
    `${ROUTE}/peaks`,
    { config, schema: { params, querystring: peaksQuerySchema, response: answers(peaksSchema) } },
    async (request) => {
      const { from, to, width } = request.query;
      return takes.peaks(request.params.takeId, {
        ...(from !== undefined && { fromSeconds: from }),
        ...(to !== undefined && { toSeconds: to }),
        ...(width !== undefined && { width }),
      });
    },
  );

  app.route({
    method: ['GET', 'HEAD'],
    url: `${ROUTE}/audio`,
    config,
    schema: {
      params,
      querystring: z.object({
        rendition: z.enum(['joined', 'playable']).exactOptional(),
        download: z.string().exactOptional().describe('Present: offered as a file to save'),
      }),
      summary: 'All segments as one file, made on first use; understands Range, If-Range and If-None-Match',
    },
    handler: async (request, reply) => {
      const { takeId } = request.params;
      const isRendition = request.query.rendition === 'playable';
      const source = await (isRendition ? takes.playable(takeId) : takes.audio(takeId));
      return sendAudio(
        request,
        reply,
        source,
        request.query.download === undefined ? 'inline' : 'attachment',
      );
    },
  });
}

function sendTake(reply: FastifyReply, take: Take): FastifyReply {
  return reply.header('etag', `"${take.version}"`).header('cache-control', 'no-cache').send(take);
}
