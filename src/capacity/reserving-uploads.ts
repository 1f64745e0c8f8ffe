import { stat } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { CopyInOptions, UploadState, UploadWish } from '../model/upload.ts';
import type { UploadChunk, Uploads } from '../voice-recorder.ts';
import type { SpaceLedger } from './space-ledger.ts';

export interface ReservingDesk {
  readonly ledger: SpaceLedger;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Rejects with `disk-full` when nothing of this kind is begun any more. */
  requireAccepted(kind: 'imports' | 'takes'): Promise<void>;
  /** Rejects with `disk-full` when the disk was full and only the last room is left of it. */
  requireRoomToGoOn(): Promise<void>;
  /** The disk refused a write: the time to give up the reserve. */
  onDiskFull(): Promise<void>;
}

type Sender = Pick<Uploads, 'create' | 'append' | 'terminate'>;

/** The calls by which clients send bytes, with room kept for what they declare. */
export function reservingUploads(uploads: Sender, desk: ReservingDesk): Sender {
  const { ledger } = desk;
  return {
    async create(wish, lengthBytes, createdBy) {
      await requireBeginning(desk, wish);
      await desk.requireRoomToGoOn();
      const state = await telling(desk, () => uploads.create(wish, lengthBytes, createdBy));
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
      // What ends an upload may use the last room.
      if (chunk.lengthBytes === null) await desk.requireRoomToGoOn();
      const state = await telling(desk, () => uploads.append(id, chunk));
      takeUp(ledger, state);
      return state;
    },
    async terminate(id) {
      await uploads.terminate(id);
      ledger.release(id);
    },
  };
}

/** A refusal of ours has no cause; a write that the disk refused has. */
async function telling<T>(desk: ReservingDesk, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isRefusedByDisk = failureCodeOf(error) === 'disk-full' && (error as Error).cause !== undefined;
    if (isRefusedByDisk) await desk.onDiskFull();
    throw error;
  }
}

type CopyIn<Copied> = (path: string, wish: UploadWish, options?: CopyInOptions) => Promise<Copied>;

/** Copies of files of this machine, with room kept for each from its first byte to its last. */
export function reservingCopies<Copied>(copyIn: CopyIn<Copied>, desk: ReservingDesk): CopyIn<Copied> {
  return async (path, wish, options = {}) => {
    await desk.requireAccepted('imports');
    // What cannot be looked at is refused, in its own words, by the copying itself.
    const sizeBytes = options.sizeBytes ?? (await stat(path).catch(() => undefined))?.size ?? 0;
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

/** A take that began longer ago is running, or over, and waits somewhere to be sent. */
const BEGINS_WITHIN_MS = 2 * 60_000;

/** A take that is running is never refused, nor is a further segment of one. */
async function requireBeginning(
  desk: ReservingDesk,
  { kind, segment, recordedAt }: UploadWish,
): Promise<void> {
  if (kind === 'file') await desk.requireAccepted('imports');
  else if ((segment ?? 0) === 0 && beginsNow(desk, recordedAt)) await desk.requireAccepted('takes');
}

function beginsNow(desk: ReservingDesk, recordedAt: string | null): boolean {
  return recordedAt === null || desk.clock.nowMs() - Date.parse(recordedAt) < BEGINS_WITHIN_MS;
}

function takeUp(ledger: SpaceLedger, { id, lengthBytes, offsetBytes, receipt }: UploadState): void {
  if (receipt !== null || lengthBytes === null) ledger.release(id);
  else ledger.claim(id, lengthBytes, offsetBytes);
}
