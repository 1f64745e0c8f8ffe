import { asSpoolFailure, type Disk, errnoOf } from './disk.ts';
import type { GroupSync } from './group-sync.ts';
import type { LogFile } from './log-file.ts';
import type { OpenDescriptors } from './open-descriptors.ts';
import type { UploadLane } from './upload-lane.ts';

/** Uploads whose files are synced side by side: their commits are shared, and those who wait for an answer go on. */
const UPLOADS_AT_ONCE = 8;

/** Syncs the own files of the uploads a log speaks of, after which nobody needs that log. */
export class LogCheckpoint {
  readonly #disk: Disk;
  readonly #sync: GroupSync;
  readonly #descriptors: OpenDescriptors;

  constructor(disk: Disk, sync: GroupSync, descriptors: OpenDescriptors) {
    this.#disk = disk;
    this.#sync = sync;
    this.#descriptors = descriptors;
  }

  /** Resolves to true when nothing of `file` is needed any more. */
  async settle(file: LogFile): Promise<boolean> {
    await file.settle();
    const waiting = [...file.uploads].values();
    const hand = async (): Promise<void> => {
      for (const [lane, generation] of waiting) {
        // The files of a later generation were synced with all that was acknowledged before.
        const isReplaced = lane.info.generation !== generation;
        if (isReplaced || (await this.#syncUpload(lane)) === null) file.uploads.delete(lane);
      }
    };
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, hand));
    return file.uploads.size === 0;
  }

  /** Makes one upload safe in its own files. Rejects when that fails. */
  async settleUpload(lane: UploadLane): Promise<void> {
    const failure = await this.#syncUpload(lane);
    if (failure !== null) throw asSpoolFailure(failure, `the bytes of upload ${lane.id}`);
  }

  /** Null, or what the disk said. After a failed sync the upload is distrusted: its files are not synced again. */
  async #syncUpload(lane: UploadLane): Promise<unknown> {
    if (lane.isDistrusted) return new Error('an earlier sync failed');
    try {
      return await this.#descriptors.use(lane.paths, async ({ data, journal }) => {
        try {
          await lane.journalTail.writeKept(this.#disk, journal);
        } catch (error) {
          // Nothing is lost that the kernel had taken: tried again with the next log.
          return error;
        }
        await this.#sync.sync(data, journal);
        // Another sync of the same files may have failed meanwhile, and the kernel tells only one of them.
        return lane.isDistrusted ? new Error('another sync failed') : null;
      });
    } catch (error) {
      // The upload became a recording, or a person ended it.
      if (errnoOf(error) === 'ENOENT') return null;
      lane.isDistrusted = true;
      return error;
    }
  }
}
