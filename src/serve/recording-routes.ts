import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId, type RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { unknownRecording } from '../model/unknown-recording.ts';
import { refuseLesserRole } from './access-guard.ts';
import { answers } from './answer-schema.ts';
import { isNoneMatch, readExpectedVersion } from './entity-tag.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import {
  amendmentSchema,
  peaksQuerySchema,
  peaksSchema,
  recordingPageSchema,
  recordingQuerySchema,
  recordingSchema,
} from './recording-schema.ts';

export const MAX_AMENDMENT_BYTES = 2 * 1024 * 1024;
const ROUTE = '/api/recordings/:id';
const params = z.object({ id: z.string() });
const config = { role: 'edit' } as const;
const flag = z.enum(['true', 'false']).exactOptional();
const removalSchema = z.strictObject({ purge: flag, everywhere: flag });
const purgedSchema = z.object({
  id: z.string(),
  title: z.string(),
  checksum: z.string(),
  purgedAt: z.string(),
  freedBytes: z.number(),
});

/** The library over HTTP. A recording's ETag is its version. */
export function addRecordingRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  const { library, files } = recorder;

  app.get(
    '/api/recordings',
    { config, schema: { querystring: recordingQuerySchema, response: answers(recordingPageSchema) } },
    async (request) => {
      const { trashed, grouped, hasWarnings, ...query } = request.query;
      return library.list({
        ...query,
        ...(hasWarnings !== undefined && { hasWarnings: hasWarnings === 'true' }),
        isTrashed: trashed === 'true',
        isGrouped: grouped === 'true',
      });
    },
  );

  app.get(
    ROUTE,
    { config, schema: { params, response: answers(recordingSchema) } },
    async (request, reply) => {
      const id = readRecordingId(request.params.id);
      const recording = await library.find(id);
      if (!recording) throw unknownRecording(id);
      if (isNoneMatch(request.headers['if-none-match'], String(recording.version))) {
        return reply.code(304).header('etag', `"${recording.version}"`).send();
      }
      return sendRecording(reply, recording);
    },
  );

  app.patch(
    ROUTE,
    {
      config,
      bodyLimit: MAX_AMENDMENT_BYTES,
      schema: { params, body: amendmentSchema, response: answers(recordingSchema) },
    },
    async (request, reply) => {
      const id = readRecordingId(request.params.id);
      const expectedVersion = readExpectedVersion(request.headers['if-match']);
      return sendRecording(
        reply,
        await library.amend(id, request.body, expectedVersion, request.actor?.name),
      );
    },
  );

  app.delete(
    ROUTE,
    {
      config,
      schema: {
        params,
        querystring: removalSchema,
        response: answers(z.union([recordingSchema, purgedSchema])),
        summary: 'To the trash; with purge=true removed for good, which needs the role admin',
      },
    },
    async (request, reply) => {
      const id = readRecordingId(request.params.id);
      const expectedVersion = readExpectedVersion(request.headers['if-match']);
      const { purge, everywhere } = request.query;
      if (everywhere === 'true' && purge !== 'true')
        throw new VoiceRecorderError('invalid-input', 'everywhere=true goes with purge=true.');
      if (purge === 'true') {
        if (request.actor) refuseLesserRole(request.actor, 'admin');
        const isEverywhere = everywhere === 'true';
        const version = expectedVersion === undefined ? {} : { expectedVersion };
        return reply
          .header('cache-control', 'no-store')
          .send(await files.purge(id, { isEverywhere, ...version }));
      }
      return sendRecording(reply, await library.trash(id, expectedVersion, request.actor?.name));
    },
  );

  app.post(
    `${ROUTE}/restore`,
    { config, schema: { params, response: answers(recordingSchema), summary: 'Back from the trash' } },
    async (request, reply) =>
      sendRecording(reply, await library.restore(readRecordingId(request.params.id), request.actor?.name)),
  );

  app.get(
    `${ROUTE}/peaks`,
    { config, schema: { params, querystring: peaksQuerySchema, response: answers(peaksSchema) } },
    async (request) => {
      const { from, to, width } = request.query;
      return library.peaks(readRecordingId(request.params.id), {
        ...(from !== undefined && { fromSeconds: from }),
        ...(to !== undefined && { toSeconds: to }),
        ...(width !== undefined && { width }),
      });
    },
  );

  app.get(
    '/api/tags',
    {
      config,
      schema: {
        response: answers(z.object({ items: z.array(z.object({ tag: z.string(), count: z.number() })) })),
      },
    },
    async () => ({ items: await library.tags() }),
  );
}

export function sendRecording(reply: FastifyReply, recording: Recording): FastifyReply {
  return reply.header('etag', `"${recording.version}"`).header('cache-control', 'no-cache').send(recording);
}

/** Rejects with `recording-unknown` what cannot be the id of a recording. */
export function readRecordingId(text: string): RecordingId {
  const shown = text.slice(0, 80);
  if (isId(text)) return text;
  throw unknownRecording(shown);
}
