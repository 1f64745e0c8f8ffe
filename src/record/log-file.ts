import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Disk } from './disk.ts';
import type { JournalRecord } from './journal-format.ts';
import { encodeHead, HEAD_BYTES } from './log-format.ts';
import type { UploadLane } from './upload-lane.ts';

/** A record of an upload with the bytes it speaks of. */
export interface LoggedRecord {
  readonly lane: UploadLane;
  readonly recordIndex: number;
  readonly record: JournalRecord;
  readonly pieces: readonly Buffer[];
}

interface Waiting {
  readonly logged: LoggedRecord;
  readonly tell: (isSafe: boolean) => void;
}

/**
 * One file of the write-ahead log. What comes while a group is being written and synced makes the next group, so
 * that many uploads share one sync.
 */
export class LogFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #disk: Disk;
  #epoch = randomBytes(8);
  #endBytes = 0;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #isBroken = false;
  /** Uploads of which this file says something, with the generation of their files it speaks of. */
  readonly uploads = new Map<UploadLane, number>();

  private constructor(path: string, file: FileHandle, disk: Disk) {
    this.path = path;
    this.#file = file;
    this.#disk = disk;
  }

  /** Its name is not yet safe. */
  static async create(path: string, disk: Disk): Promise<LogFile> {
    return new LogFile(path, await open(path, 'wx', 0o600), disk);
  }

  get sizeBytes(): number {
    return this.#endBytes;
  }

  /** True after a failed write or sync: nothing more may be written here. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Resolves to true when the record is on stable storage, to false when this file could not take it. */
  append(logged: LoggedRecord): Promise<boolean> {
    if (this.#isBroken) return Promise.resolve(false);
    this.uploads.set(logged.lane, logged.lane.info.generation);
    return new Promise((resolve) => {
      this.#waiting.push({ logged, tell: resolve });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way. */
  async settle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** What the file held is no longer needed: the next record overwrites it, in space the file already has. */
  beginAnew(): void {
    this.#epoch = randomBytes(8);
    this.#endBytes = 0;
    this.uploads.clear();
  }

  async close(): Promise<void> {
    await this.settle();
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await unlink(this.path);
  }

  async #run(): Promise<void> {
    // After the callbacks of this turn of the loop: whoever comes in it joins the group.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const isSafe = !this.#isBroken && (await this.#writeGroup(group));
      for (const { tell } of group) tell(isSafe);
      // Those who were told come back in this turn of the loop, and with them whoever else is ready.
      if (this.#waiting.length === 0) await new Promise(setImmediate);
    }
    this.#running = null;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<boolean> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (const { logged } of group) {
      const { lane, recordIndex, record } = logged;
      const head = { epoch: this.#epoch, id: lane.id, generation: lane.info.generation, recordIndex, record };
      pieces.push(encodeHead(head), ...logged.pieces);
      bytes += HEAD_BYTES + record.lengthBytes;
    }
    try {
      await this.#disk.write(this.#file.fd, pieces, this.#endBytes);
      await this.#disk.sync(this.#file.fd);
    } catch {
      // Whoever waits syncs the upload's own files instead, and tells when that fails as well.
      this.#isBroken = true;
      return false;
    }
    this.#endBytes += bytes;
    return true;
  }
}
