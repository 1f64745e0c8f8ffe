import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type StoreLock, takeStoreLock } from '../../config/store-lock.ts';
import { makeFolderDurablyNow } from '../../durable/folder.ts';
import { ChangeSignal } from '../../model/change-signal.ts';
import { systemClock } from '../../model/clock.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { TimelineEvent } from '../../model/take-timeline.ts';
import { type TakeManifest, writeManifest } from './take-manifest.ts';

/** The folder of takes inside a data folder: sound that is captured, but not yet all in the library. */
export function takesFolderOf(dataDir: string): string {
  return join(dataDir, 'takes');
}

const OWNER_NAME = 'owner.sqlite';
const READ_BYTES = 1024 * 1024;

/**
 * One take on the local disk, whether it still grows or was left by an earlier run. Its file only ever grows; what
 * counts as captured is on stable storage. One process owns it, by a lock that the kernel frees on any death.
 */
export class LocalTake {
  readonly folder: string;
  readonly #file: FileHandle;
  readonly #lock: StoreLock;
  readonly #hash: Hash = createHash('sha256');
  #manifest: TakeManifest;
  #flushedBytes = 0;
  #checksum: string | null = null;
  #failure: VoiceRecorderError | undefined;
  #amending: Promise<void> = Promise.resolve();
  readonly #completion = Promise.withResolvers<void>();
  readonly #change = new ChangeSignal();

  private constructor(folder: string, manifest: TakeManifest, file: FileHandle, lock: StoreLock) {
    this.folder = folder;
    this.#manifest = manifest;
    this.#file = file;
    this.#lock = lock;
  }

  static async create(dataDir: string, manifest: TakeManifest): Promise<LocalTake> {
    const { takeId, segment } = manifest;
    const folder = join(takesFolderOf(dataDir), segment === 0 ? takeId : `${takeId}-${segment}`);
    makeFolderDurablyNow(folder);
    // Before the manifest: whoever finds a manifest without an owner takes the take over.
    const lock = await takeStoreLock(join(folder, OWNER_NAME), systemClock);
    const file = await open(join(folder, manifest.soundFile), 'wx+', 0o600);
    await writeManifest(folder, manifest);
    return new LocalTake(folder, manifest, file, lock);
  }

  /** A take of an earlier run: every byte counts, and none will be added. Rejects with `store-locked` when it is owned. */
  static async reopen(folder: string, manifest: TakeManifest): Promise<LocalTake> {
    const lock = await takeStoreLock(join(folder, OWNER_NAME), systemClock);
    try {
      const file = await open(join(folder, manifest.soundFile), 'r');
      const take = new LocalTake(folder, manifest, file, lock);
      await take.#readAll();
      return take;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get manifest(): TakeManifest {
    return this.#manifest;
  }

  /** Bytes that survive a power cut. */
  get flushedBytes(): number {
    return this.#flushedBytes;
  }

  /** SHA-256 of the whole file; null while it grows. */
  get checksum(): string | null {
    return this.#checksum;
  }

  get isComplete(): boolean {
    return this.#checksum !== null;
  }

  /** Why nothing more can be captured; what was flushed before is valid. */
  get failure(): VoiceRecorderError | undefined {
    return this.#failure;
  }

  /**
   * Resolves when `bytes` are on stable storage, or could not be brought there (see {@link failure}). One call after
   * the other.
   */
  async append(bytes: Uint8Array): Promise<void> {
    // After a failed sync a descriptor is never synced again: what it says then means nothing.
    if (this.#failure !== undefined) return;
    try {
      for (let written = 0; written < bytes.length; ) {
        const position = this.#flushedBytes + written;
        written += (await this.#file.write(bytes, written, bytes.length - written, position)).bytesWritten;
      }
      await this.#file.datasync();
      this.#hash.update(bytes);
      this.#flushedBytes += bytes.length;
    } catch (error) {
      this.#failure = storageFailure(this.folder, error);
    }
    this.#change.tell();
  }

  /** No byte will be added. */
  complete(): void {
    this.#checksum ??= this.#hash.digest('hex');
    this.#completion.resolve();
    this.#change.tell();
  }

  /** Bytes from `start` (inclusive) to `end` (exclusive) of what is flushed. */
  async read(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw storageFailure(this.folder, new Error(`byte ${start + filled} is missing`));
      filled += bytesRead;
    }
    return bytes;
  }

  /** Resolves at the next growth or completion. */
  changed(): Promise<void> {
    return this.#change.changed();
  }

  /** Resolves once no byte will be added. */
  get completed(): Promise<void> {
    return this.#completion.promise;
  }

  noteUpload(uploadId: string | null): Promise<void> {
    return this.#amend({ uploadId });
  }

  noteTimeline(timeline: readonly TimelineEvent[]): Promise<void> {
    return this.#amend({ timeline });
  }

  /** Leaves everything for the next run. */
  async close(): Promise<void> {
    await this.#amending;
    await this.#file.close();
    this.#lock.release();
  }

  /** Only after its bytes are in the library, or when there are none. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #amend(change: Partial<TakeManifest>): Promise<void> {
    this.#manifest = { ...this.#manifest, ...change };
    const written = this.#amending.then(() => writeManifest(this.folder, this.#manifest));
    this.#amending = written.catch(() => undefined);
    return written;
  }

  async #readAll(): Promise<void> {
    const { size } = await this.#file.stat();
    while (this.#flushedBytes < size) {
      const end = Math.min(this.#flushedBytes + READ_BYTES, size);
      this.#hash.update(await this.read(this.#flushedBytes, end));
      this.#flushedBytes = end;
    }
    this.complete();
  }
}

function storageFailure(folder: string, cause: unknown): VoiceRecorderError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new VoiceRecorderError(
      'disk-full',
      `There is no space left for the take in ${folder}; what was captured before is kept.`,
      { cause },
    );
  }
  return new VoiceRecorderError(
    'storage-failed',
    `The take in ${folder} could not be read or written on the disk: ${message}.`,
    {
      cause,
    },
  );
}
