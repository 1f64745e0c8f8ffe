import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { lookAt } from './look-at.ts';
import { walkFiles } from './store-walk.ts';
import { readStoredName } from './stored-name.ts';

/**
 * The names that files had before they were given one of ours: an adoption that broke off leaves both, and the first
 * one says more to people. Looked up once for a whole rebuild, and only when a file has a second name at all.
 */
export class FormerNames {
  readonly #dataDir: string;
  readonly #folders: readonly string[];
  #byFile: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(dataDir: string, folders: readonly string[]) {
    this.#dataDir = dataDir;
    this.#folders = folders;
  }

  /** Undefined when the file under `key` has no other name in these folders, or only one of ours. */
  async find(key: string): Promise<string | undefined> {
    const found = await this.#lookAt(key);
    if (found === undefined || found.nlink < 2) return undefined;
    this.#byFile ??= this.#readAll();
    return (await this.#byFile).get(numberOf(found));
  }

  async #readAll(): Promise<ReadonlyMap<string, string>> {
    const byFile = new Map<string, string>();
    for (const folder of this.#folders) {
      for await (const { key, isRegular } of walkFiles(this.#dataDir, folder)) {
        if (!isRegular || key.endsWith('.json') || readStoredName(key) !== undefined) continue;
        const found = await this.#lookAt(key);
        if (found !== undefined && found.nlink > 1) byFile.set(numberOf(found), key);
      }
    }
    return byFile;
  }

  /** Undefined when it is gone, or cannot be looked at. */
  #lookAt(key: string): Promise<Stats | undefined> {
    return lookAt(join(this.#dataDir, key)).catch(() => undefined);
  }
}

function numberOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
