import { stat } from 'node:fs/promises';
import { newId } from '../model/id.ts';
import type { UploadState, UploadWish } from '../model/upload.ts';
import type { UploadChunk, Uploads } from '../voice-recorder.ts';
import type { SpaceLedger } from './space-ledger.ts';

export interface ReservingDesk {
  readonly ledger: SpaceLedger;
  /** Rejects with `disk-full` when nothing of this kind is begun any more. */
  requireAccepted(kind: 'imports' | 'takes'): Promise<void>;
}

type Sender = Pick<Uploads, 'create' | 'append' | 'terminate'>;

/** The calls by which clients send bytes, with room kept for what they declare. */
export function reservingUploads(uploads: Sender, desk: ReservingDesk): Sender {
  const { ledger } = desk;
  return {
    async create(wish, lengthBytes, createdBy) {
      await requireBeginning(desk, wish);
      const state = await uploads.create(wish, lengthBytes, createdBy);
      if (lengthBytes === null) return state;
      try {
        await ledger.reserve(state.id, lengthBytes, `upload "${wish.filename}"`);
        return state;
      } catch (error) {
        // Somebody else was promised that room between its check and this one.
        await uploads.terminate(state.id);
        throw error;
      }
    },
    async append(id, chunk: UploadChunk) {
      const state = await uploads.append(id, chunk);
      takeUp(ledger, state);
      return state;
    },
    async terminate(id) {
      await uploads.terminate(id);
      ledger.release(id);
    },
  };
}

interface CopyOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytesDone: number) => void;
}
type CopyIn<Copied> = (path: string, wish: UploadWish, options?: CopyOptions) => Promise<Copied>;

/** Copies of files of this machine, with room kept for each from its first byte to its last. */
export function reservingCopies<Copied>(copyIn: CopyIn<Copied>, desk: ReservingDesk): CopyIn<Copied> {
  return async (path, wish, options = {}) => {
    await desk.requireAccepted('imports');
    // What cannot be looked at is refused, in its own words, by the copying itself.
    const sizeBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
    const key = `copy-${newId(0)}`;
    await desk.ledger.reserve(key, sizeBytes, `file ${path}`);
    try {
      return await copyIn(path, wish, {
        ...options,
        onProgress: (bytesDone) => {
          desk.ledger.progress(key, bytesDone);
          options.onProgress?.(bytesDone);
        },
      });
    } finally {
      desk.ledger.release(key);
    }
  };
}

/** A further segment belongs to a take that is running, and those are never refused. */
async function requireBeginning(desk: ReservingDesk, { kind, segment }: UploadWish): Promise<void> {
  if (kind === 'file') await desk.requireAccepted('imports');
  else if ((segment ?? 0) === 0) await desk.requireAccepted('takes');
}

function takeUp(ledger: SpaceLedger, { id, lengthBytes, offsetBytes, receipt }: UploadState): void {
  if (receipt !== null || lengthBytes === null) ledger.release(id);
  else ledger.claim(id, lengthBytes, offsetBytes);
}
