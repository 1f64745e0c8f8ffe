import { VoiceRecorderError } from '../model/failure.ts';
import type { UploadWish } from '../model/upload.ts';
import type { UploadChunk } from '../voice-recorder.ts';
import type { UploadLane } from './upload-lane.ts';

interface Admission {
  readonly maxFileBytes: number | null;
  freeBytes(): Promise<number>;
}

function requireLength(lengthBytes: number, whose: string): void {
  if (Number.isSafeInteger(lengthBytes) && lengthBytes >= 0) return;
  throw new VoiceRecorderError(
    'upload-length-invalid',
    `The length of ${whose} must be a whole number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}, not ${lengthBytes}.`,
  );
}

/** The size limit judges what files declare. A take is never judged: it ends when the person ends it. */
export function requireAllowedSize(
  desk: Admission,
  kind: UploadWish['kind'],
  lengthBytes: number,
  whose: string,
): void {
  const limit = desk.maxFileBytes;
  if (kind !== 'file' || limit === null || lengthBytes <= limit) return;
  throw new VoiceRecorderError(
    'file-too-large',
    `The ${whose} has ${lengthBytes} bytes; this store takes files of at most ${limit} bytes (VRP_MAX_FILE_MB).`,
    { details: { lengthBytes, maxFileBytes: limit } },
  );
}

export async function requireRoom(desk: Admission, lengthBytes: number, whose: string): Promise<void> {
  const freeBytes = await desk.freeBytes();
  if (lengthBytes <= freeBytes) return;
  throw new VoiceRecorderError(
    'disk-full',
    `The ${whose} needs ${lengthBytes} bytes, but only ${Math.max(0, freeBytes)} are free for recordings.`,
    { details: { lengthBytes, freeBytes } },
  );
}

/** What a new upload may declare. */
export async function requireAdmission(
  desk: Admission,
  wish: UploadWish,
  lengthBytes: number | null,
): Promise<void> {
  if (lengthBytes === null) return;
  requireLength(lengthBytes, 'the upload');
  if (lengthBytes === 0) {
    throw new VoiceRecorderError(
      'audio-no-samples',
      'The upload declares a length of 0 bytes, which holds no audio.',
    );
  }
  requireAllowedSize(desk, wish.kind, lengthBytes, `upload "${wish.filename}"`);
  await requireRoom(desk, lengthBytes, `upload "${wish.filename}"`);
}

/** What one chunk may say, before a byte of it is read. */
export function requireFittingChunk(desk: Admission, lane: UploadLane, chunk: UploadChunk): void {
  if (chunk.offsetBytes !== lane.offsetBytes) {
    throw new VoiceRecorderError(
      'upload-offset-conflict',
      `Upload ${lane.id} stands at ${lane.offsetBytes} bytes, but the chunk begins at ${chunk.offsetBytes}.`,
      { details: { offsetBytes: lane.offsetBytes } },
    );
  }
  const known = lane.info.lengthBytes;
  const declared = chunk.lengthBytes;
  if (declared !== null) {
    requireLength(declared, `upload ${lane.id}`);
    if (known !== null && declared !== known) {
      throw new VoiceRecorderError(
        'upload-length-invalid',
        `Upload ${lane.id} was declared with ${known} bytes; the length cannot be changed to ${declared}.`,
      );
    }
    if (declared < lane.offsetBytes) {
      throw new VoiceRecorderError(
        'upload-length-invalid',
        `Upload ${lane.id} holds ${lane.offsetBytes} bytes already, more than the declared length of ${declared}.`,
      );
    }
    requireAllowedSize(desk, lane.info.wish.kind, declared, `upload "${lane.info.wish.filename}"`);
  }
  const limit = declared ?? known;
  if (limit !== null && chunk.contentLengthBytes !== null) {
    requireWithinLength(lane.id, lane.offsetBytes + chunk.contentLengthBytes, limit);
  }
}

export function requireWithinLength(id: string, endBytes: number, lengthBytes: number): void {
  if (endBytes <= lengthBytes) return;
  throw new VoiceRecorderError(
    'upload-length-exceeded',
    `Upload ${id} was declared with ${lengthBytes} bytes, but the chunk would make it at least ${endBytes}.`,
    { details: { lengthBytes } },
  );
}
