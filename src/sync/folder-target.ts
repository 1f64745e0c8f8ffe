import { constants } from 'node:fs';
import { lstat, open, opendir, readFile, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { makeFolderDurably, syncFolder } from '../durable/folder.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import {
  type CopyTarget,
  DOCUMENT_BYTES,
  type FarDigest,
  type FarKey,
  type FarObject,
  type OnBytes,
  type Shipment,
} from './copy-target.ts';
import { digestFromDisk } from './direct-reading.ts';
import { fetchFar } from './far-reading.ts';
import { FilePieces } from './file-pieces.ts';
import { asFolderFailure, isMissing } from './folder-failure.ts';

export interface FolderPlace {
  readonly kind: 'folder';
  /** Absolute; must be there. */
  readonly path: string;
}

const PIECE_BYTES = 1024 * 1024;
const LISTED_AT_ONCE = 1_000;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const PARTIAL = /^\..*\.sending$/;
const nobody: OnBytes = () => undefined;

/** A folder of this machine's file system: another disk, a network share, a stick. */
export function openFolderTarget(place: FolderPlace): CopyTarget {
  return new FolderTarget(place.path);
}

class FolderTarget implements CopyTarget {
  readonly #root: string;
  readonly #ending = new AbortController();

  constructor(root: string) {
    this.#root = root;
  }

  stat(key: FarKey): Promise<FarObject | undefined> {
    return this.#do(`look at ${key}`, async () => {
      try {
        const found = await lstat(this.#pathOf(key));
        return found.isFile() ? { key, sizeBytes: found.size } : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /** What was sent lies beside its place under another name, and is found there. */
  begin(): Promise<null> {
    return Promise.resolve(null);
  }

  send(shipment: Shipment, _session: string | null, onBytes = nobody): Promise<void> {
    return this.#do(`take ${shipment.key}`, async () => {
      const target = this.#pathOf(shipment.key);
      const partial = partialOf(target);
      await makeFolderDurably(dirname(target));
      try {
        await this.#write(shipment, partial, onBytes);
      } catch (error) {
        // Neither what is not right nor what fills a disk is of use to the next try.
        if (error instanceof VoiceRecorderError || isFull(error))
          await unlink(partial).catch(() => undefined);
        throw error;
      }
      await rename(partial, target);
      await syncFolder(dirname(target));
    });
  }

  /** {@link begin} begins nothing. */
  async abandon(): Promise<void> {}

  digest(key: FarKey, onBytes = nobody): Promise<FarDigest> {
    return this.#found(key, () => digestFromDisk(this.#pathOf(key), onBytes, this.#ending.signal));
  }

  fetch(key: FarKey, path: string, onBytes = nobody): Promise<FarDigest> {
    const asFailure = (error: unknown) => asFolderFailure(error, this.#root, `give ${key}`);
    const openFrom = (_: FarKey, start: number) =>
      this.#found(key, async () => {
        const file = await open(this.#pathOf(key), constants.O_RDONLY | NO_FOLLOW);
        return file.createReadStream({ start, highWaterMark: PIECE_BYTES });
      });
    return fetchFar({ key, openFrom, asFailure, signal: this.#ending.signal, onBytes }, path);
  }

  putDocument(key: FarKey, content: string): Promise<void> {
    return this.#do(`take ${key}`, async () => {
      const target = this.#pathOf(key);
      const partial = partialOf(target);
      await makeFolderDurably(dirname(target));
      const file = await open(
        partial,
        constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW,
        0o600,
      );
      try {
        await file.writeFile(content);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(partial, target);
      await syncFolder(dirname(target));
    });
  }

  async readDocument(key: FarKey): Promise<string | undefined> {
    const found = await this.stat(key);
    if (found === undefined) return undefined;
    if (found.sizeBytes > DOCUMENT_BYTES)
      throw new VoiceRecorderError(
        'copy-mismatch',
        `${key} has ${found.sizeBytes} bytes: it is no document.`,
      );
    return await this.#found(key, () =>
      readFile(this.#pathOf(key), { encoding: 'utf8', flag: constants.O_RDONLY | NO_FOLLOW }),
    );
  }

  remove(key: FarKey): Promise<void> {
    return this.#do(`remove ${key}`, async () => {
      const path = this.#pathOf(key);
      try {
        await unlink(path);
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      await syncFolder(dirname(path));
    });
  }

  list(
    prefix: string,
    after: FarKey,
  ): Promise<{ readonly objects: readonly FarObject[]; readonly isMore: boolean }> {
    return this.#do(`list ${prefix || 'what it has'}`, async () => {
      const objects: FarObject[] = [];
      for await (const object of this.#walk(prefix === '' ? this.#root : this.#pathOf(prefix), after)) {
        if (objects.length === LISTED_AT_ONCE) return { objects, isMore: true };
        objects.push(object);
      }
      return { objects, isMore: false };
    });
  }

  async close(): Promise<void> {
    this.#ending.abort(new VoiceRecorderError('interrupted', `Copying to ${this.#root} was ended.`));
  }

  async #write(shipment: Shipment, partial: string, onBytes: OnBytes): Promise<void> {
    const flags = constants.O_RDWR | constants.O_CREAT | NO_FOLLOW;
    const file = await open(partial, flags, 0o600);
    const pieces = await FilePieces.open(shipment);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
      let at = 0;
      for (let piece = await pieces.next(buffer); piece; piece = await pieces.next(buffer)) {
        this.#ending.signal.throwIfAborted();
        const { bytes } = piece;
        // An earlier try wrote this; whether it is right is seen when it is read back.
        if (at + bytes.length > size) await file.write(bytes, 0, bytes.length, at);
        at += bytes.length;
        onBytes(at);
      }
      pieces.expectRight();
      await file.truncate(shipment.sizeBytes);
      await file.datasync();
    } finally {
      await pieces.close();
      await file.close();
    }
  }

  /** In the order of keys, which is not that of folders: `a-b` comes before `a/b`. */
  async *#walk(folder: string, after: FarKey): AsyncGenerator<FarObject> {
    const entries: { readonly sortKey: string; readonly path: string; readonly isFolder: boolean }[] = [];
    try {
      for await (const entry of await opendir(folder)) {
        if (PARTIAL.test(entry.name) || !(entry.isFile() || entry.isDirectory())) continue;
        const path = join(folder, entry.name);
        const key = relative(this.#root, path).replaceAll(sep, '/');
        const isFolder = entry.isDirectory();
        entries.push({ sortKey: isFolder ? `${key}/` : key, path, isFolder });
      }
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    entries.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
    for (const { sortKey, path, isFolder } of entries) {
      // Everything in a folder begins with its name.
      if (isFolder && (sortKey > after || after.startsWith(sortKey))) yield* this.#walk(path, after);
      else if (!isFolder && sortKey > after) yield { key: sortKey, sizeBytes: (await lstat(path)).size };
    }
  }

  #pathOf(key: FarKey): string {
    const isPlain = key.split('/').every((part) => part !== '.' && part !== '..') && !key.startsWith('/');
    if (!isPlain || key.includes('\0') || key.includes('\\'))
      throw new VoiceRecorderError('invalid-input', `${JSON.stringify(key)} is no name below a folder.`);
    return join(this.#root, ...key.split('/').filter((part) => part !== ''));
  }

  #found<T>(key: FarKey, work: () => Promise<T>): Promise<T> {
    return this.#do(`give ${key}`, async () => {
      try {
        return await work();
      } catch (error) {
        if (!isMissing(error)) throw error;
        throw new VoiceRecorderError('copy-missing', `There is no ${key} in ${this.#root}.`);
      }
    });
  }

  async #do<T>(attempt: string, work: () => Promise<T>): Promise<T> {
    try {
      this.#ending.signal.throwIfAborted();
      const root = await realpath(this.#root).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
        throw new VoiceRecorderError(
          'target-missing',
          `There is no folder ${this.#root}. Is its disk connected?`,
        );
      });
      if (!(await lstat(root)).isDirectory())
        throw new VoiceRecorderError('target-missing', `${this.#root} is no folder.`);
      return await work();
    } catch (error) {
      throw asFolderFailure(error, this.#root, attempt);
    }
  }
}

function partialOf(target: string): string {
  return join(dirname(target), `.${basename(target)}.sending`);
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
