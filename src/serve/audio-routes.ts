import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { VoiceRecorderError } from '../model/failure.ts';
import type { AudioSource } from '../voice-recorder.ts';
import { readByteRange } from './byte-range.ts';
import { contentDisposition } from './content-disposition.ts';
import { isNoneMatch, isRangeCurrent } from './entity-tag.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import { readRecordingId } from './recording-routes.ts';

const schema = {
  params: z.object({ id: z.string() }),
  querystring: z.object({
    rendition: z.enum(['original', 'playable']).exactOptional(),
    download: z.string().exactOptional().describe('Present: offered as a file to save'),
  }),
  summary: 'The bytes; understands Range, If-Range and If-None-Match',
};

/** The original bytes, or what browsers can play and seek. */
export function addAudioRoutes(app: RecorderApp, { recorder }: RouteDesk): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/recordings/:id/audio',
    config: { role: 'edit' },
    schema,
    handler: async (request, reply) => {
      const id = readRecordingId(request.params.id);
      const isRendition = request.query.rendition === 'playable';
      const source = await (isRendition ? recorder.library.playable(id) : recorder.library.audio(id));
      const kind = request.query.download === undefined ? 'inline' : 'attachment';
      return sendAudio(request, reply, source, kind);
    },
  });
}

/** Answers with the bytes of `source`, or the part that was asked for. */
export async function sendAudio(
  request: FastifyRequest,
  reply: FastifyReply,
  source: AudioSource,
  kind: 'inline' | 'attachment',
): Promise<FastifyReply> {
  const { headers } = request;
  reply.headers({
    etag: `"${source.etag}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    // Whatever the bytes are, they are no page of ours: no script, no origin, no guessing of types.
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  if (isNoneMatch(headers['if-none-match'], source.etag)) return reply.code(304).send();

  const isHead = request.method === 'HEAD';
  const isRangeWanted = !isHead && isRangeCurrent(headers['if-range']?.toString(), source.etag);
  const range = isRangeWanted ? readByteRange(headers.range, source.sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${source.sizeBytes}`);
    throw new VoiceRecorderError(
      'range-invalid',
      `The range ${headers.range} lies outside of these ${source.sizeBytes} bytes.`,
      { details: { sizeBytes: source.sizeBytes } },
    );
  }

  reply.headers({
    'content-type': source.mimeType,
    'content-disposition': contentDisposition(kind, source.filename),
    'content-length': range ? range.end - range.start : source.sizeBytes,
  });
  if (range) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${source.sizeBytes}`);
  }
  if (isHead) return reply.send();
  return reply.send(await source.open(range));
}
