import type { IncomingHttpHeaders } from 'node:http';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { UploadState } from '../model/upload.ts';
import { encodeUploadMetadata } from '../model/upload-metadata.ts';

export const TUS_VERSION = '1.0.0';
export const TUS_EXTENSIONS =
  'creation,creation-with-upload,creation-defer-length,checksum,termination,expiration';
const CHUNK_TYPE = 'application/offset+octet-stream';

/** Throws `tus-version-unsupported` unless the client speaks our version. */
export function checkTusVersion(headers: IncomingHttpHeaders): void {
  const version = headers['tus-resumable'];
  if (version === TUS_VERSION) return;
  throw new VoiceRecorderError(
    'tus-version-unsupported',
    `Tus-Resumable: expected ${TUS_VERSION}, found ${version === undefined ? 'none' : String(version)}.`,
  );
}

/** Throws `content-type-unsupported` unless the body is said to be bytes of an upload. */
export function checkChunkType(headers: IncomingHttpHeaders): void {
  if (isChunk(headers)) return;
  throw new VoiceRecorderError(
    'content-type-unsupported',
    `Content-Type: expected ${CHUNK_TYPE}, found ${headers['content-type'] ?? 'none'}.`,
  );
}

export function isChunk(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() === CHUNK_TYPE;
}

/** The length a creation declares; null when it is deferred. Throws `upload-length-invalid`. */
export function readCreationLength(headers: IncomingHttpHeaders): number | null {
  const isDeferred = headers['upload-defer-length'] !== undefined;
  const length = readDeclaredLength(headers);
  if (isDeferred && headers['upload-defer-length'] !== '1') {
    throw new VoiceRecorderError('upload-length-invalid', 'Upload-Defer-Length: expected 1.');
  }
  if (isDeferred === (length !== null)) {
    throw new VoiceRecorderError(
      'upload-length-invalid',
      'Expected either Upload-Length or Upload-Defer-Length: 1.',
    );
  }
  return length;
}

/** Throws `upload-length-invalid`. */
export function readDeclaredLength(headers: IncomingHttpHeaders): number | null {
  const text = headers['upload-length'];
  if (text === undefined) return null;
  return readWholeNumber('Upload-Length', text, 'upload-length-invalid');
}

/** Throws `invalid-input`. */
export function readUploadOffset(headers: IncomingHttpHeaders): number {
  return readWholeNumber('Upload-Offset', headers['upload-offset'] ?? '', 'invalid-input');
}

export function readContentLength(headers: IncomingHttpHeaders): number | null {
  return headers['content-length'] === undefined ? null : Number(headers['content-length']);
}

/** SHA-256 of the body that `Upload-Checksum` promises. Throws `upload-checksum-header-invalid`. */
export function readUploadChecksum(headers: IncomingHttpHeaders): Sha256Hex | null {
  const text = headers['upload-checksum'];
  if (text === undefined) return null;
  const encoded = /^sha256 ([A-Za-z0-9+/]{43}=)$/.exec(String(text))?.[1];
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('hex');
  throw new VoiceRecorderError(
    'upload-checksum-header-invalid',
    `Upload-Checksum: expected "sha256" and 32 bytes in Base64, found ${String(text).slice(0, 80)}.`,
  );
}

/** What every answer about an upload says. */
export function describeUpload(state: UploadState): Record<string, string> {
  return {
    'upload-offset': String(state.offsetBytes),
    ...(state.receipt
      ? { 'recording-id': state.receipt.recordingId, 'recording-checksum': state.receipt.checksum }
      : { 'upload-expires': new Date(state.expiresAt).toUTCString() }),
  };
}

/** What a HEAD says besides. */
export function describeWholeUpload(state: UploadState): Record<string, string> {
  return {
    ...describeUpload(state),
    ...(state.lengthBytes === null
      ? { 'upload-defer-length': '1' }
      : { 'upload-length': String(state.lengthBytes) }),
    'upload-metadata': encodeUploadMetadata(state.wish),
  };
}

function readWholeNumber(
  name: string,
  text: string | string[],
  code: 'upload-length-invalid' | 'invalid-input',
): number {
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw new VoiceRecorderError(code, `${name}: expected a whole number of bytes, found "${String(text)}".`);
}
