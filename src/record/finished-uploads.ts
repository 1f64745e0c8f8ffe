import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { UploadReceipt, UploadState, UploadWish } from '../model/upload.ts';
import type { UploadChunk } from '../voice-recorder.ts';
import { unknownWish } from './upload-info.ts';

/** How long a receipt is promised to be kept. */
const RECEIPT_MS = 90 * 24 * 3600 * 1000;

/**
 * An upload that is a recording. `wish` is what the client said; a restart later only the receipt is left of it, and
 * the wish is empty.
 */
export function finishedState(receipt: UploadReceipt, wish?: UploadWish, createdAt?: string): UploadState {
  return {
    id: receipt.uploadId,
    wish: wish ?? unknownWish(receipt.uploadId),
    offsetBytes: receipt.sizeBytes,
    lengthBytes: receipt.sizeBytes,
    createdAt: createdAt ?? receipt.completedAt,
    expiresAt: new Date(Date.parse(receipt.completedAt) + RECEIPT_MS).toISOString(),
    receipt,
  };
}

/** The last uploads this process finished or ended, so that a client that asks again is told at once. */
export class FinishedUploads {
  readonly #limit: number;
  readonly #states = new Map<RecordingId, UploadState | 'terminated'>();

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  keep(id: RecordingId, state: UploadState | 'terminated'): void {
    this.#states.set(id, state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > this.#limit && oldest !== undefined) this.#states.delete(oldest);
  }

  find(id: RecordingId): UploadState | undefined {
    const state = this.#states.get(id);
    if (state === 'terminated') throw terminatedError(id);
    return state;
  }
}

export function terminatedError(id: RecordingId): VoiceRecorderError {
  return new VoiceRecorderError(
    'upload-gone',
    `Upload ${id} was ended by a person and its bytes were removed.`,
  );
}

export function completeError(id: RecordingId): VoiceRecorderError {
  return new VoiceRecorderError('upload-complete', `Upload ${id} is complete: it is recording ${id} now.`);
}

/** A chunk for a finished upload: one that asks for the end again gets it again, all else is refused. */
export async function appendToFinished(state: UploadState, chunk: UploadChunk): Promise<UploadState> {
  if (chunk.offsetBytes !== state.offsetBytes) {
    throw new VoiceRecorderError(
      'upload-offset-conflict',
      `Upload ${state.id} is complete with ${state.offsetBytes} bytes, but the chunk begins at ${chunk.offsetBytes}.`,
      { details: { offsetBytes: state.offsetBytes } },
    );
  }
  if (chunk.lengthBytes !== null && chunk.lengthBytes !== state.lengthBytes) {
    throw new VoiceRecorderError(
      'upload-length-invalid',
      `Upload ${state.id} is complete with ${state.offsetBytes} bytes; its length cannot be ${chunk.lengthBytes}.`,
    );
  }
  if ((chunk.contentLengthBytes ?? 0) > 0 || (await hasBytes(chunk))) throw completeError(state.id);
  return state;
}

async function hasBytes(chunk: UploadChunk): Promise<boolean> {
  if (chunk.contentLengthBytes === 0) return false;
  const pieces = chunk.body.iterator({ destroyOnReturn: false });
  try {
    return (await pieces.next()).done !== true;
  } finally {
    await pieces.return?.();
  }
}
