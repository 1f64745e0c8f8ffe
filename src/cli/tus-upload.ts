import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { isId, type RecordingId } from '../model/id.ts';
import { encodeUploadMetadata, type UploadMetadata } from '../model/upload-metadata.ts';
import type { ApiAnswer, ApiClient, ApiRequest } from './api-client.ts';

/** tus 1.0.0, as a client: chunks with checksums, each sent again from where the server stands until it is safe. */

/** What the server says of a finished upload. */
export interface ServerReceipt {
  readonly recordingId: RecordingId;
  readonly checksum: Sha256Hex;
}

/** An upload in the making. `offsetBytes` counts what the server has on stable storage. */
export interface TusUpload {
  readonly id: string;
  readonly path: string;
  readonly lengthBytes: number;
}

const TUS = { 'tus-resumable': '1.0.0' };
/** Completing waits for the probe of the whole file. */
const CHUNK_TIMEOUT_MS = 120_000;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;
/** About a minute without any progress: by then the server is not only restarting. */
const MAX_ATTEMPTS = 15;

export async function createUpload(
  api: ApiClient,
  lengthBytes: number,
  metadata: UploadMetadata,
  signal: AbortSignal | undefined,
): Promise<TusUpload> {
  const id = await createUploadOf(api, { 'upload-length': String(lengthBytes) }, metadata, signal);
  // Not the path of Location: behind a proxy it may begin with a prefix that only the proxy knows.
  return { id, path: uploadPath(id), lengthBytes };
}

/** The length is said by the last {@link patchUpload}. Resolves to the upload's id. */
export function createGrowingUpload(api: ApiClient, metadata: UploadMetadata): Promise<string> {
  return createUploadOf(api, { 'upload-defer-length': '1' }, metadata, undefined);
}

async function createUploadOf(
  api: ApiClient,
  length: Readonly<Record<string, string>>,
  metadata: UploadMetadata,
  signal: AbortSignal | undefined,
): Promise<string> {
  const answer = await api.request('POST', '/api/uploads', {
    headers: {
      ...TUS,
      ...length,
      'upload-metadata': encodeUploadMetadata(metadata),
    },
    ...(signal ? { signal } : {}),
  });
  const id = answer.headers.location?.split('/').at(-1) ?? '';
  if (answer.status !== 201 || !isId(id)) {
    throw new VoiceRecorderError(
      'server-unreachable',
      `${api.baseUrl} did not make an upload: expected status 201 and a Location, found ${answer.status}.`,
    );
  }
  return id;
}

function uploadPath(id: string): string {
  return `/api/uploads/${id}`;
}

/** How an upload stands at the server. */
export interface UploadStand {
  readonly offsetBytes: number;
  readonly receipt: ServerReceipt | undefined;
}

export async function headUpload(api: ApiClient, id: string): Promise<UploadStand> {
  return standOf(await api.request('HEAD', uploadPath(id), { headers: TUS }));
}

/** Appends `bytes`; `lengthBytes` says the length of the whole file, with the last of them. */
export async function patchUpload(
  api: ApiClient,
  id: string,
  offsetBytes: number,
  bytes: Uint8Array,
  lengthBytes: number | null,
): Promise<UploadStand> {
  return standOf(await patch(api, uploadPath(id), bytes, offsetBytes, lengthBytes, undefined));
}

function standOf(answer: ApiAnswer): UploadStand {
  const offsetBytes = Number(answer.headers['upload-offset']);
  if (!Number.isSafeInteger(offsetBytes)) {
    throw new VoiceRecorderError(
      'server-unreachable',
      `The server did not say how far the upload came: expected Upload-Offset, found ${answer.headers['upload-offset']}.`,
    );
  }
  return { offsetBytes, receipt: readReceipt(answer) };
}

/** Sends `bytes`, whose first one stands at `startBytes` of the file. Resolves to a receipt with the last byte. */
export async function sendChunk(
  api: ApiClient,
  upload: TusUpload,
  bytes: Uint8Array,
  startBytes: number,
  signal: AbortSignal | undefined,
): Promise<ServerReceipt | undefined> {
  const endBytes = startBytes + bytes.byteLength;
  let offsetBytes = startBytes;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      // After a failure only the server knows how far it came; the answer may have got lost, not the bytes.
      if (attempt > 1) {
        const head = await api.request('HEAD', upload.path, withSignal({ headers: TUS }, signal));
        offsetBytes = readOffset(head, startBytes, endBytes);
        if (offsetBytes === endBytes && endBytes < upload.lengthBytes) return undefined;
        const receipt = readReceipt(head);
        if (receipt) return receipt;
      }
      const answer = await patch(
        api,
        upload.path,
        bytes.subarray(offsetBytes - startBytes),
        offsetBytes,
        null,
        signal,
      );
      return readReceipt(answer);
    } catch (error) {
      signal?.throwIfAborted();
      if (!canGoOn(error) || attempt >= MAX_ATTEMPTS) throw error;
      await sleep(
        Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)),
        undefined,
        withSignal({}, signal),
      );
    }
  }
}

/** A person's word that the bytes are not wanted. Best effort: what stays behind is adopted as "Recovered". */
export async function dropUpload(api: ApiClient, upload: TusUpload): Promise<void> {
  await api.request('DELETE', upload.path, { headers: TUS, timeoutMs: 5_000 }).catch(() => undefined);
}

function patch(
  api: ApiClient,
  path: string,
  bytes: Uint8Array,
  offsetBytes: number,
  lengthBytes: number | null,
  signal: AbortSignal | undefined,
): Promise<ApiAnswer> {
  const checksum = createHash('sha256').update(bytes).digest('base64');
  const headers = {
    ...TUS,
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offsetBytes),
    'upload-checksum': `sha256 ${checksum}`,
    ...(lengthBytes === null ? {} : { 'upload-length': String(lengthBytes) }),
  };
  return api.request(
    'PATCH',
    path,
    withSignal({ headers, body: bytes, timeoutMs: CHUNK_TIMEOUT_MS }, signal),
  );
}

function readOffset(head: ApiAnswer, startBytes: number, endBytes: number): number {
  const offsetBytes = Number(head.headers['upload-offset']);
  if (offsetBytes >= startBytes && offsetBytes <= endBytes) return offsetBytes;
  throw new VoiceRecorderError(
    'upload-gone',
    `The server is at byte ${head.headers['upload-offset']} of the upload: expected ${startBytes} to ${endBytes}. ` +
      'Import the file again.',
  );
}

function readReceipt(answer: ApiAnswer): ServerReceipt | undefined {
  const recordingId = answer.headers['recording-id'];
  const checksum = answer.headers['recording-checksum'];
  if (typeof recordingId !== 'string' || typeof checksum !== 'string') return undefined;
  return { recordingId, checksum };
}

function canGoOn(error: unknown): boolean {
  if (!(error instanceof VoiceRecorderError)) return false;
  return error.isRetryable || error.code === 'upload-offset-conflict';
}

function withSignal<Options extends ApiRequest | object>(options: Options, signal: AbortSignal | undefined) {
  return signal ? { ...options, signal } : options;
}
