import { createSHA256 } from 'hash-wasm';
import type { UploadMetadata } from '../../../src/model/upload-metadata.ts';
import { STRINGS } from '../strings.ts';
import { backOffMs } from '../transfer/connection.ts';
import {
  createUpload,
  deleteUpload,
  headUpload,
  patchUpload,
  type TusAnswer,
  type TusDesk,
} from '../transfer/tus-client.ts';
import { advance, beginCourse, isDuplicate, nextMove, type UploadCourse } from './upload-course.ts';

/** The server falls back to the last whole chunk after a cut: no more than this is sent twice. */
const CHUNK_BYTES = 8 * 1024 * 1024;

export type UploadResult =
  | { readonly status: 'stored' | 'duplicate'; readonly recordingId: string }
  | { readonly status: 'refused'; readonly message: string }
  /** The server could not be reached for a while; what it has stays there. */
  | { readonly status: 'interrupted' }
  | { readonly status: 'cancelled' };

export interface UploadDesk extends TusDesk {
  /** Resolves after `ms` or when `signal` fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly resumeUrl: string | null;
  readonly onUrl: (url: string) => void;
  readonly onProgress: (sentBytes: number, isRetrying: boolean) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends one file in chunks that each carry their checksum, resumes at what the server holds, and believes the end
 * only when the server's SHA-256 of the whole equals the one computed here. Never rejects for the server's faults.
 */
export async function uploadFile(desk: UploadDesk, file: File): Promise<UploadResult> {
  if (file.size === 0) return { status: 'refused', message: STRINGS.imports.empty };
  const digest = await growingDigest(file);
  let course = beginCourse(desk.resumeUrl);
  for (;;) {
    if (desk.signal.aborted) {
      if (course.url !== null) await deleteUpload(desk, course.url);
      return { status: 'cancelled' };
    }
    const move = nextMove(course);
    if (move === 'give-up') return { status: 'interrupted' };
    if (move === 'refused') return { status: 'refused', message: course.refusal ?? '' };
    if (move === 'done') return conclude(course, await digest(file.size));
    if (course.failuresInRow > 0)
      await desk.wait(backOffMs(course.failuresInRow, Math.random()), desk.signal);
    course = advance(course, await act(desk, file, course, digest));
    if (course.url !== null) desk.onUrl(course.url);
    desk.onProgress(course.offsetBytes ?? 0, course.failuresInRow > 0);
  }
}

async function act(
  desk: UploadDesk,
  file: File,
  course: UploadCourse,
  digest: GrowingDigest,
): Promise<TusAnswer> {
  if (course.url === null) return createUpload(desk, describe(file));
  if (course.offsetBytes === null) return headUpload(desk, course.url);
  const end = Math.min(file.size, course.offsetBytes + CHUNK_BYTES);
  await digest(end);
  const bytes = new Uint8Array(await file.slice(course.offsetBytes, end).arrayBuffer());
  return patchUpload(desk, course.url, course.offsetBytes, bytes, file.size);
}

function describe(file: File): UploadMetadata {
  const recordedAt = new Date(file.lastModified).toISOString();
  return { kind: 'file', filename: file.name, recordedAt, recordedAtSource: 'file-date' };
}

function conclude(course: UploadCourse, checksum: string): UploadResult {
  const { receipt, url } = course;
  if (!receipt || url === null || receipt.checksum !== checksum) {
    return { status: 'refused', message: STRINGS.imports.checksumDiffers };
  }
  return { status: isDuplicate(url, receipt) ? 'duplicate' : 'stored', recordingId: receipt.recordingId };
}

/** Feeds the file up to a position into the hash, each byte once; at the end answers the digest, else ''. */
type GrowingDigest = (end: number) => Promise<string>;

async function growingDigest(file: File): Promise<GrowingDigest> {
  const hash = await createSHA256();
  let fedBytes = 0;
  let checksum = '';
  return async (end) => {
    while (fedBytes < end) {
      const next = Math.min(end, fedBytes + CHUNK_BYTES);
      hash.update(new Uint8Array(await file.slice(fedBytes, next).arrayBuffer()));
      fedBytes = next;
      if (fedBytes === file.size) checksum = hash.digest('hex');
    }
    return checksum;
  };
}
