import { rmdir, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { MediaOptions } from '../media/media.ts';
import { removeFolder } from './remove-folder.ts';

interface Making {
  readonly made: Promise<unknown>;
  readonly stop: AbortController;
}

/**
 * The derived files that are being made just now. Those who ask for one meanwhile wait for the same work, and a folder
 * is removed only when nothing puts a file into it any more.
 */
export class Makings {
  readonly #byPath = new Map<string, Making>();

  /**
   * What `make` gives, which hears by the signal of its options when the file at `path` is not wanted any more. What
   * fails leaves no empty folder behind: the recording may have been purged before its file was begun.
   */
  once<T>(path: string, options: MediaOptions, make: (options: MediaOptions) => Promise<T>): Promise<T> {
    const running = this.#byPath.get(path);
    if (running) return running.made as Promise<T>;
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const made = make({ ...options, signal })
      .catch(async (error: unknown) => {
        const folder = dirname(path);
        const isOnly = this.under(folder).length === 1;
        if (isOnly) await rmdir(folder).catch(() => undefined);
        throw error;
      })
      .finally(() => this.#byPath.delete(path));
    this.#byPath.set(path, { made, stop });
    return made;
  }

  /** Paths of what is being made in `folder`. */
  under(folder: string): string[] {
    return [...this.#byPath.keys()].filter((path) => path.startsWith(folder + sep));
  }

  /** Ends what is being made in `folder` and removes it; resolves to the bytes freed. */
  async removeFolder(folder: string): Promise<number> {
    for (let paths = this.under(folder); paths.length > 0; paths = this.under(folder)) {
      const ending = paths.flatMap((path) => this.#byPath.get(path) ?? []);
      for (const { stop } of ending) stop.abort();
      await Promise.allSettled(ending.map(({ made }) => made));
    }
    return await removeFolder(folder);
  }
}

/** Whether a derived file is there; an empty one is none. */
export async function isMade(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0;
  } catch {
    return false;
  }
}
