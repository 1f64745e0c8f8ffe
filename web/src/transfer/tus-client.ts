import { encodeUploadMetadata, type UploadMetadata } from '../../../src/model/upload-metadata.ts';

/** What the server says about an upload that became a recording. */
export interface Receipt {
  readonly recordingId: string;
  readonly checksum: string;
}

/** Every answer a tus request can have, as the uploader tells them apart. */
export type TusAnswer =
  | { readonly kind: 'created'; readonly url: string }
  | { readonly kind: 'accepted'; readonly offsetBytes: number; readonly receipt: Receipt | null }
  /** The server is at another offset: ask. */
  | { readonly kind: 'conflict' }
  /** The server does not know this upload: begin anew. */
  | { readonly kind: 'gone' }
  /** Another writer, or the server is busy with it: wait. */
  | { readonly kind: 'busy' }
  /** The bytes were damaged on their way: send them again. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'unreachable'; readonly retryAfterMs: number | null }
  /** `isFinal`: asking again would change nothing. */
  | { readonly kind: 'refused'; readonly message: string; readonly isFinal: boolean };

export interface TusDesk {
  readonly fetch: typeof fetch;
  /** Address of the upload collection. */
  readonly uploadsUrl: string;
}

const TUS = { 'Tus-Resumable': '1.0.0' };
const REQUEST_MS = 10_000;
// Slower than this and a request is taken for dead; what it brought counts all the same.
const SLOWEST_BYTES_PER_MS = 20;

export function createUpload(desk: TusDesk, metadata: UploadMetadata): Promise<TusAnswer> {
  return ask(desk, desk.uploadsUrl, 0, {
    method: 'POST',
    headers: { ...TUS, 'Upload-Defer-Length': '1', 'Upload-Metadata': encodeUploadMetadata(metadata) },
  });
}

export function headUpload(desk: TusDesk, url: string): Promise<TusAnswer> {
  return ask(desk, url, 0, { method: 'HEAD', headers: TUS });
}

/** Sends `bytes` at `offsetBytes`; with `lengthBytes` this declares, and may reach, the end. */
export async function patchUpload(
  desk: TusDesk,
  url: string,
  offsetBytes: number,
  bytes: Uint8Array<ArrayBuffer>,
  lengthBytes: number | null,
): Promise<TusAnswer> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const headers = {
    ...TUS,
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': String(offsetBytes),
    ...(bytes.length > 0 ? { 'Upload-Checksum': `sha256 ${toBase64(digest)}` } : {}),
    ...(lengthBytes === null ? {} : { 'Upload-Length': String(lengthBytes) }),
  };
  return ask(desk, url, bytes.length, { method: 'PATCH', headers, body: bytes });
}

/** Takes back an upload that holds no audio. */
export function deleteUpload(desk: TusDesk, url: string): Promise<TusAnswer> {
  return ask(desk, url, 0, { method: 'DELETE', headers: TUS });
}

async function ask(desk: TusDesk, url: string, sizeBytes: number, request: RequestInit): Promise<TusAnswer> {
  const signal = AbortSignal.timeout(REQUEST_MS + Math.ceil(sizeBytes / SLOWEST_BYTES_PER_MS));
  let response: Response;
  try {
    response = await desk.fetch(url, { ...request, signal, cache: 'no-store' });
    return await understand(response, url);
  } catch {
    // No answer, or one that was cut: what the server has, HEAD will tell.
    return { kind: 'unreachable', retryAfterMs: null };
  }
}

async function understand(response: Response, url: string): Promise<TusAnswer> {
  const { status, headers } = response;
  if (status === 201) {
    const location = headers.get('Location');
    if (location) return { kind: 'created', url: new URL(location, url).href };
  }
  if (status >= 200 && status < 300) {
    const recordingId = headers.get('Recording-Id');
    const checksum = headers.get('Recording-Checksum');
    const offset = headers.get('Upload-Offset');
    return {
      kind: 'accepted',
      offsetBytes: offset === null ? 0 : Number(offset),
      receipt: recordingId && checksum ? { recordingId, checksum } : null,
    };
  }
  if (status === 409) return { kind: 'conflict' };
  if (status === 404 || status === 410) return { kind: 'gone' };
  if (status === 423) return { kind: 'busy' };
  if (status === 460) return { kind: 'damaged' };
  if (status === 401) return { kind: 'unauthorised' };
  if (status === 507) return { kind: 'refused', message: await sentenceOf(response), isFinal: false };
  if (status >= 500 || status === 408 || status === 429) {
    const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
    return { kind: 'unreachable', retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null };
  }
  return { kind: 'refused', message: await sentenceOf(response), isFinal: true };
}

/** The `detail` of a problem document (RFC 9457), or what little else there is. */
export async function sentenceOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => null);
  if (problem && typeof problem === 'object') {
    const { detail, title } = problem as { detail?: unknown; title?: unknown };
    if (typeof detail === 'string') return detail;
    if (typeof title === 'string') return title;
  }
  return `The server answered ${response.status}.`;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
