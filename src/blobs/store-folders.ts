import type * as fsPromises from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import { isBlobFolder, partsOfKey } from './blob-key.ts';
import type { BlobKey } from './blob-store.ts';
import { isMissing, systemCodeOf } from './disk-failure.ts';

/** What a disk can be asked; tests hand in one that fails at a chosen step. */
export type FileSystem = Pick<
  typeof fsPromises,
  'chmod' | 'copyFile' | 'link' | 'lstat' | 'mkdir' | 'readdir' | 'realpath' | 'rename' | 'unlink'
> & {
  open(path: string, flags?: string | number, mode?: number): Promise<WrittenFile>;
};

type WrittenFile = Pick<fsPromises.FileHandle, 'close' | 'datasync' | 'sync' | 'writeFile'>;

const FOLDER_MODE = 0o700;

/** The folders of one store: made so that they last, and never reached through a symbolic link. */
export class StoreFolders {
  readonly fs: FileSystem;
  /** Without symbolic links. */
  readonly #root: string;
  /** As others write it. */
  readonly #givenRoot: string;
  /** Folders whose whole way down from the root this process has seen synced. */
  readonly #durable = new Set<string>();
  readonly #syncs = new Map<string, FolderSync>();

  constructor(root: string, fs: FileSystem, givenRoot = root) {
    this.#root = root;
    this.#givenRoot = givenRoot;
    this.fs = fs;
  }

  /** Where `key` lies or would lie, whether or not its folder is there. */
  pathOf(key: BlobKey): string {
    return join(this.#root, ...partsOfKey(key));
  }

  /** Whether `path` is one under which bytes rest in this store: what is found there counts. */
  holds(path: string): boolean {
    return [this.#root, this.#givenRoot].some((root) =>
      isBlobFolder(relative(root, path).split(sep)[0] ?? ''),
    );
  }

  /** Like {@link pathOf}, after a look at the disk: the way to it is ours. Rejects with the system's ENOENT. */
  async find(key: BlobKey): Promise<string> {
    const path = this.pathOf(key);
    const folder = dirname(path);
    const real = await this.fs.realpath(folder);
    if (real !== folder) {
      throw new VoiceRecorderError(
        'storage-failed',
        `${folder} leads to ${real} through a symbolic link: expected plain folders inside the store.`,
      );
    }
    return path;
  }

  /** Like {@link find}, and its folder exists and would survive a power cut. */
  async make(key: BlobKey): Promise<string> {
    if (this.#durable.has(dirname(this.pathOf(key)))) {
      try {
        return await this.find(key);
      } catch (error) {
        if (!isMissing(error)) throw error;
        this.#durable.clear();
      }
    }
    let folder = this.#root;
    for (const part of partsOfKey(key).slice(0, -1)) {
      const parent = folder;
      folder = join(folder, part);
      const isNew = await this.#makeOne(folder);
      // A folder found here may have been made by a process that died before it synced the parent.
      if (isNew || !this.#durable.has(folder)) await this.sync(parent);
      this.#durable.add(folder);
    }
    return await this.find(key);
  }

  /** Makes the names in `folder` last. Calls at the same time share one fsync that began after all of them. */
  async sync(folder: string): Promise<void> {
    // Windows neither needs nor knows it: NTFS journals names by itself.
    if (process.platform === 'win32') return;
    let sync = this.#syncs.get(folder);
    if (sync === undefined) {
      sync = { running: undefined, next: undefined };
      this.#syncs.set(folder, sync);
    }
    await this.#join(folder, sync);
  }

  async #makeOne(folder: string): Promise<boolean> {
    try {
      await this.fs.mkdir(folder, { mode: FOLDER_MODE });
      return true;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
      return false;
    }
  }

  #join(folder: string, sync: FolderSync): Promise<void> {
    if (sync.running === undefined) {
      sync.running = this.#syncNow(folder).finally(() => {
        sync.running = undefined;
        if (sync.next === undefined) this.#syncs.delete(folder);
      });
      return sync.running;
    }
    // One that already runs may have begun before the caller's name was there.
    sync.next ??= sync.running
      .catch(() => {
        // Its own callers hear of it.
      })
      .then(() => {
        sync.next = undefined;
        return this.#join(folder, sync);
      });
    return sync.next;
  }

  async #syncNow(folder: string): Promise<void> {
    const handle = await this.fs.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

interface FolderSync {
  running: Promise<void> | undefined;
  next: Promise<void> | undefined;
}
