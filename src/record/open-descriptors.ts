import { close, constants, open } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from './disk.ts';

const openFile = promisify(open);
const closeFile = promisify(close);

export interface UploadDescriptors {
  readonly data: number;
  readonly journal: number;
}

interface Entry {
  readonly opening: Promise<UploadDescriptors>;
  userCount: number;
  isForgotten: boolean;
}

/**
 * Keeps the files of the uploads used last open, so that a live take costs no open and close a second.
 * Entries in use are never closed, also when there are more of them than the limit.
 */
export class OpenDescriptors {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  /** Forgotten while in use; closed by their last user. */
  readonly #closing = new Set<Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Lends the descriptors of these two files, opened for reading and writing, for the time of `work`. */
  async use<T>(
    paths: { data: string; journal: string },
    work: (descriptors: UploadDescriptors) => Promise<T>,
  ): Promise<T> {
    const entry = this.#take(paths);
    try {
      return await work(await entry.opening);
    } finally {
      entry.userCount--;
      if (entry.isForgotten) void this.#closeWhenUnused(entry);
      else this.#evict(this.#limit);
    }
  }

  /**
   * Closes these files, at once or when their last user is done; the next use opens them anew. Resolves when they
   * are closed, if nobody uses them.
   */
  forget(dataPath: string): Promise<void> {
    const entry = this.#entries.get(dataPath);
    if (entry === undefined) return Promise.resolve();
    this.#entries.delete(dataPath);
    entry.isForgotten = true;
    return this.#closeWhenUnused(entry);
  }

  async close(): Promise<void> {
    for (const path of [...this.#entries.keys()]) void this.forget(path);
    await Promise.all(this.#closing);
  }

  #take(paths: { data: string; journal: string }): Entry {
    const known = this.#entries.get(paths.data);
    const entry = known ?? { opening: this.#openBoth(paths), userCount: 0, isForgotten: false };
    entry.userCount++;
    this.#entries.delete(paths.data);
    this.#entries.set(paths.data, entry);
    if (known === undefined) {
      entry.opening.catch(() => {
        if (this.#entries.get(paths.data) === entry) this.#entries.delete(paths.data);
        entry.isForgotten = true;
      });
    }
    return entry;
  }

  async #openBoth(paths: { data: string; journal: string }): Promise<UploadDescriptors> {
    const data = await this.#open(paths.data);
    try {
      return { data, journal: await this.#open(paths.journal) };
    } catch (error) {
      await closeFile(data);
      throw error;
    }
  }

  async #open(path: string): Promise<number> {
    try {
      return await openFile(path, constants.O_RDWR);
    } catch (error) {
      if (errnoOf(error) !== 'EMFILE' && errnoOf(error) !== 'ENFILE') throw error;
      this.#evict(0);
      await Promise.all(this.#closing);
      return await openFile(path, constants.O_RDWR);
    }
  }

  #evict(limit: number): void {
    if (this.#entries.size <= limit) return;
    for (const [path, entry] of this.#entries) {
      if (this.#entries.size <= limit) return;
      if (entry.userCount === 0) void this.forget(path);
    }
  }

  #closeWhenUnused(entry: Entry): Promise<void> {
    if (entry.userCount > 0) return Promise.resolve();
    // What was acknowledged has been synced before, so an error of close() concerns nobody.
    const closing = entry.opening
      .then(
        async ({ data, journal }) => void (await Promise.allSettled([closeFile(data), closeFile(journal)])),
      )
      .catch(() => undefined)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return closing;
  }
}
