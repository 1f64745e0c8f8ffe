import * as fs from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import type { FileSystem } from './store-folders.ts';

/**
 * The disk for a thread that has nothing else to do: names are given and taken at once, without a way to another
 * thread and back for each. Syncs are waited for, so that those of several files share one commit of the disk.
 */
export const blockingFiles: FileSystem = {
  ...fsPromises,
  chmod: atOnce(fs.chmodSync) as FileSystem['chmod'],
  link: atOnce(fs.linkSync) as FileSystem['link'],
  lstat: atOnce(fs.lstatSync) as FileSystem['lstat'],
  mkdir: atOnce(fs.mkdirSync) as FileSystem['mkdir'],
  realpath: atOnce(fs.realpathSync.native) as FileSystem['realpath'],
  rename: atOnce(fs.renameSync) as FileSystem['rename'],
  unlink: atOnce(fs.unlinkSync) as FileSystem['unlink'],
  open: async (path, flags, mode) => new OpenFile(fs.openSync(path, flags ?? 'r', mode)),
};

class OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async writeFile(content: string): Promise<void> {
    fs.writeFileSync(this.#descriptor, content);
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fsync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  async close(): Promise<void> {
    fs.closeSync(this.#descriptor);
  }
}

function atOnce<Asked extends unknown[], Answer>(call: (...asked: Asked) => Answer) {
  return async (...asked: Asked): Promise<Answer> => call(...asked);
}
