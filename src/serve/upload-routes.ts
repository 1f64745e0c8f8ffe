import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId, type RecordingId } from '../model/id.ts';
import type { UploadState } from '../model/upload.ts';
import { decodeUploadMetadata } from '../model/upload-metadata.ts';
import type { RecorderApp, RouteDesk } from './recorder-app.ts';
import {
  checkChunkType,
  checkTusVersion,
  describeUpload,
  describeWholeUpload,
  isChunk,
  readContentLength,
  readCreationLength,
  readDeclaredLength,
  readUploadChecksum,
  readUploadOffset,
  TUS_EXTENSIONS,
  TUS_VERSION,
} from './tus-headers.ts';

const BASE = '/api/uploads';
const UPLOAD = `${BASE}/:id`;
const params = z.object({ id: z.string() });
const config = { role: 'record', isBodyStreamed: true } as const;

/** tus 1.0.0 (tus.io/protocols/resumable-upload). Register in a scope of its own: bodies here are never parsed. */
export function addUploadRoutes(app: RecorderApp, desk: RouteDesk): void {
  const { uploads } = desk.recorder;
  const prefix = desk.address.publicUrl?.pathname.replace(/\/+$/, '') ?? '';

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));

  app.addHook('onSend', async (_request, reply) => {
    reply.header('tus-resumable', TUS_VERSION);
    if (reply.statusCode === 412) reply.header('tus-version', TUS_VERSION);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });

  for (const url of [BASE, UPLOAD]) {
    app.options(url, { config, schema: { summary: 'What this server can do' } }, async (_request, reply) => {
      reply.headers({
        'tus-version': TUS_VERSION,
        'tus-extension': TUS_EXTENSIONS,
        'tus-checksum-algorithm': 'sha256',
      });
      if (desk.maxUploadBytes !== null) reply.header('tus-max-size', String(desk.maxUploadBytes));
      return reply.code(204).send();
    });
  }

  app.post(BASE, { config, schema: { summary: 'Create an upload' } }, async (request, reply) => {
    const { headers } = request;
    checkTusVersion(headers);
    const lengthBytes = readCreationLength(headers);
    refuseTooLarge(lengthBytes);
    const wish = decodeUploadMetadata(headers['upload-metadata']?.toString() ?? '');
    const hasBody = isChunk(headers) && hasBodyBytes(request);
    if (!hasBody && hasBodyBytes(request)) checkChunkType(headers);
    const checksum = readUploadChecksum(headers);
    let state = await uploads.create(wish, lengthBytes, request.actor?.name ?? null);
    reply.header('location', `${prefix}${BASE}/${state.id}`);
    // Nothing more will come of an empty file, so that it is complete with its creation.
    if (hasBody || lengthBytes === 0) state = await append(request, state.id, 0, checksum, null);
    return reply.code(201).headers(describeUpload(state)).send();
  });

  app.head(
    UPLOAD,
    {
      config: { ...config, swagger: { exposeHeadRoute: true } },
      schema: { params, summary: 'How much is safe?' },
    },
    async (request, reply) => {
      checkTusVersion(request.headers);
      const id = readUploadId(request.params.id);
      await requireOwn(request, id);
      const state = await uploads.head(id);
      return reply.headers(describeWholeUpload(state)).code(200).send();
    },
  );

  app.patch(UPLOAD, { config, schema: { params, summary: 'Append bytes' } }, async (request, reply) => {
    const { headers } = request;
    checkTusVersion(headers);
    const id = readUploadId(request.params.id);
    checkChunkType(headers);
    const lengthBytes = readDeclaredLength(headers);
    refuseTooLarge(lengthBytes);
    await requireOwn(request, id);
    const state = await append(
      request,
      id,
      readUploadOffset(headers),
      readUploadChecksum(headers),
      lengthBytes,
    );
    return reply.code(204).headers(describeUpload(state)).send();
  });

  app.delete(UPLOAD, { config, schema: { params, summary: 'Give up an upload' } }, async (request, reply) => {
    checkTusVersion(request.headers);
    const id = readUploadId(request.params.id);
    await requireOwn(request, id);
    await uploads.terminate(id);
    return reply.code(204).send();
  });

  /** Whoever began an upload goes on with it, and nobody else but an admin: to others it does not exist. */
  async function requireOwn({ actor }: FastifyRequest, id: RecordingId): Promise<void> {
    if (actor?.role === 'admin') return;
    const creator = await uploads.creatorOf(id);
    if (creator !== null && creator !== actor?.name) throw unknownUpload(id);
  }

  async function append(
    { raw, headers }: FastifyRequest,
    id: RecordingId,
    offsetBytes: number,
    checksum: string | null,
    lengthBytes: number | null,
  ): Promise<UploadState> {
    const cut = () => raw.destroy();
    desk.shutdown.cuts.addEventListener('abort', cut, { once: true });
    try {
      const contentLengthBytes = readContentLength(headers);
      const chunk = { offsetBytes, body: raw, checksum, contentLengthBytes, lengthBytes };
      return await desk.shutdown.track(uploads.append(id, chunk));
    } finally {
      desk.shutdown.cuts.removeEventListener('abort', cut);
    }
  }

  function refuseTooLarge(lengthBytes: number | null): void {
    if (lengthBytes === null || desk.maxUploadBytes === null || lengthBytes <= desk.maxUploadBytes) return;
    throw new VoiceRecorderError(
      'file-too-large',
      `An upload of ${lengthBytes} bytes is over the limit of ${desk.maxUploadBytes} bytes (VRP_MAX_FILE_MB).`,
      { details: { limitBytes: desk.maxUploadBytes } },
    );
  }
}

function hasBodyBytes({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function readUploadId(text: string): RecordingId {
  const shown = text.slice(0, 80);
  if (isId(text)) return text;
  throw unknownUpload(shown);
}

function unknownUpload(shown: string): VoiceRecorderError {
  return new VoiceRecorderError('upload-unknown', `There is no upload with the id ${shown}.`);
}
