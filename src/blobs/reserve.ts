import { randomFill } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../durable/folder.ts';
import { asDiskFailure, isMissing } from './disk-failure.ts';
import type { DiskSpace } from './disk-space.ts';
import { OneAtATime } from './one-at-a-time.ts';

const fillRandomly = promisify<Buffer, Buffer>(randomFill);

const RESERVE_BYTES = 64 * 1024 * 1024;
/** On small disks it is not more than this share of them. */
const SHARE = 1 / 16;
const CHUNK_BYTES = 1024 * 1024;

export interface ReserveDesk {
  /** `reserve.bin` in the data folder. */
  readonly path: string;
  readonly readSpace: () => Promise<DiskSpace>;
  /** What must stay free besides: the reserve is never made out of the last room. */
  readonly keepFreeBytes: number;
  /** 64 MiB, or a sixteenth of a smaller disk, when not given. */
  readonly sizeBytes?: number;
}

/**
 * Room that is given back when the disk is full, so that the end of a take, the database, an export and a purge can
 * still be written. Random bytes: file systems that compress or share equal blocks would keep no room for others.
 */
export class Reserve {
  readonly #desk: ReserveDesk;
  #sizeBytes: number | undefined;
  readonly #turns = new OneAtATime();

  constructor(desk: ReserveDesk) {
    this.#desk = desk;
    this.#sizeBytes = desk.sizeBytes;
  }

  /** True when the whole reserve is there. */
  async isHeld(): Promise<boolean> {
    try {
      const sizeBytes = await this.#size();
      return (await stat(this.#desk.path)).size >= sizeBytes;
    } catch (error) {
      if (isMissing(error)) return false;
      throw asDiskFailure(error, `look at the reserve ${this.#desk.path}`);
    }
  }

  /**
   * Makes it when it is missing and there is ample room (four times its size besides what must stay free).
   * Resolves to whether it is there now. A disk that fills up meanwhile is no failure: there is just no reserve.
   */
  ensure(): Promise<boolean> {
    return this.#turns.run('reserve', async () => {
      if (await this.isHeld()) return true;
      const { freeBytes } = await this.#desk.readSpace();
      const sizeBytes = await this.#size();
      if (freeBytes < this.#desk.keepFreeBytes + 4 * sizeBytes) return false;
      return await this.#make(sizeBytes);
    });
  }

  /** Gives the room back. Resolves to whether there was any to give. */
  release(): Promise<boolean> {
    return this.#turns.run('reserve', async () => {
      try {
        await unlink(this.#desk.path);
        await syncFolder(dirname(this.#desk.path));
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw asDiskFailure(error, `free the reserve ${this.#desk.path}`);
      }
    });
  }

  async #size(): Promise<number> {
    if (this.#sizeBytes === undefined) {
      const { totalBytes } = await this.#desk.readSpace();
      const share = Math.floor((totalBytes * SHARE) / CHUNK_BYTES) * CHUNK_BYTES;
      this.#sizeBytes = Math.max(CHUNK_BYTES, Math.min(RESERVE_BYTES, share));
    }
    return this.#sizeBytes;
  }

  async #make(sizeBytes: number): Promise<boolean> {
    const partial = `${this.#desk.path}.partial`;
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
      const file = await open(partial, flags, 0o600);
      try {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        for (let done = 0; done < sizeBytes; done += CHUNK_BYTES) {
          await fillRandomly(chunk);
          await file.writeFile(chunk.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - done)));
        }
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(partial, this.#desk.path);
      await syncFolder(dirname(this.#desk.path));
      return true;
    } catch (error) {
      await unlink(partial).catch(() => {
        // The first failure is the one to tell.
      });
      const failure = asDiskFailure(error, `make the reserve ${this.#desk.path}`);
      if (failure instanceof Error && 'code' in failure && failure.code === 'disk-full') return false;
      throw failure;
    }
  }
}
