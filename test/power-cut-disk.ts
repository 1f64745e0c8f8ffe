import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs';
import { type Disk, systemDisk } from '../src/record/disk.ts';

interface Unsynced {
  readonly path: string;
  readonly inode: number;
  readonly position: number;
  readonly before: Buffer;
  readonly sizeBefore: number;
  readonly length: number;
  isWritten: boolean;
}

const BLOCK_BYTES = 4096;

/**
 * A disk with a write cache that forgets: it remembers what every write replaced until a sync that began after it
 * has succeeded. `cutPower()` takes back a random part of all else, block by block, in no order, as a power cut may.
 */
export class PowerCutDisk implements Disk {
  #unsynced: Unsynced[] = [];

  async write(descriptor: number, pieces: readonly Uint8Array[], position: number): Promise<void> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const { ino: inode, size: sizeBefore } = fstatSync(descriptor);
    const before = Buffer.alloc(length);
    readSync(descriptor, before, 0, length, position);
    // The files of the spool keep their names while they are written to.
    const path = readlinkSync(`/proc/self/fd/${descriptor}`);
    const entry: Unsynced = { path, inode, position, before, sizeBefore, length, isWritten: false };
    this.#unsynced.push(entry);
    await systemDisk.write(descriptor, pieces, position);
    entry.isWritten = true;
  }

  sync(descriptor: number): Promise<void> {
    const { ino } = fstatSync(descriptor);
    const covered = new Set(this.#unsynced.filter((entry) => entry.inode === ino && entry.isWritten));
    return new Promise((resolve, reject) => {
      fdatasync(descriptor, (error) => {
        if (error !== null) return reject(error);
        this.#unsynced = this.#unsynced.filter((entry) => !covered.has(entry));
        resolve();
      });
    });
  }

  /** `random` gives numbers from 0 to 1. Returns how many blocks were lost. */
  cutPower(random: () => number): number {
    let lost = 0;
    for (const entry of this.#unsynced.toReversed()) {
      let file: number;
      try {
        file = openSync(entry.path, 'r+');
      } catch {
        continue;
      }
      for (let at = 0; at < entry.length; at += BLOCK_BYTES) {
        if (random() < 0.5) continue;
        const size = fstatSync(file).size;
        const end = Math.min(at + BLOCK_BYTES, entry.length, size - entry.position);
        if (end > at) writeSync(file, entry.before, at, end - at, entry.position + at);
        lost++;
      }
      if (random() < 0.3 && fstatSync(file).size > entry.sizeBefore) ftruncateSync(file, entry.sizeBefore);
      closeSync(file);
    }
    return lost;
  }
}
