import { constants } from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { VoiceRecorderError } from '../model/failure.ts';
import { assertOutsideWriteSession } from '../sessions/write-session.ts';
import type { BlobRemoval } from './blob-removal.ts';
import type { BlobDocument, BlobFinding, BlobKey, BlobStore, Examination, LocalPaths } from './blob-store.ts';
import { asDiskFailure, isMissing } from './disk-failure.ts';
import { dropName, lstatIfThere, partialPathOf, removeFile } from './disk-place.ts';
import { examineBlob } from './examine-blob.ts';
import type { FileChecksum, FileHasher } from './file-checksum.ts';
import { openFileHasher } from './file-checksum.ts';
import { writeNamed } from './named-document.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { openPlacer, type Placer, placerHere } from './placer.ts';
import { listQuarantined, quarantineFile } from './quarantine.ts';
import { type FileSystem, StoreFolders } from './store-folders.ts';

const READ_CHUNK_BYTES = 256 * 1024;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

export interface DiskBlobsOptions {
  /** The data folder; must be there. */
  readonly root: string;
  /** Shared with others who hash; without one the store has its own, ended by `close()`. */
  readonly hasher?: FileHasher;
  readonly logger?: BlobLogger;
  readonly fs?: DiskFileSystem;
}

type ReadFiles = Pick<typeof fsPromises, 'open'>;
/** All that is asked of a disk. */
export type DiskFileSystem = FileSystem & ReadFiles;

export interface BlobLogger {
  warn(facts: Readonly<Record<string, unknown>>, sentence: string): void;
}

/** Bytes in folders of this machine: plain files under the names that their keys say. */
export interface DiskBlobs extends BlobStore, LocalPaths, Examination, BlobRemoval {
  close(): Promise<void>;
}

/** Rejects with `storage-failed` when there is no folder at `root`. */
export async function openDiskBlobs(options: DiskBlobsOptions): Promise<DiskBlobs> {
  const fs = options.fs ?? fsPromises;
  try {
    const root = await fs.realpath(options.root);
    const folders = new StoreFolders(root, fs, options.root);
    const hasher = options.hasher ?? openFileHasher();
    const placer =
      options.fs === undefined
        ? openPlacer({ folders, hasher }, { root, givenRoot: options.root })
        : placerHere({ folders, hasher });
    return new DiskBlobStore(folders, hasher, placer, {
      files: fs,
      ownsHasher: options.hasher === undefined,
      logger: options.logger,
    });
  } catch (error) {
    throw asDiskFailure(error, `open the store in ${options.root}`);
  }
}

class DiskBlobStore implements DiskBlobs {
  readonly #folders: StoreFolders;
  readonly #hasher: FileHasher;
  readonly #placer: Placer;
  readonly #files: ReadFiles;
  readonly #ownsHasher: boolean;
  readonly #logger: BlobLogger | undefined;
  readonly #turns = new OneAtATime();

  constructor(
    folders: StoreFolders,
    hasher: FileHasher,
    placer: Placer,
    options: {
      readonly files: ReadFiles;
      readonly ownsHasher: boolean;
      readonly logger: BlobLogger | undefined;
    },
  ) {
    this.#folders = folders;
    this.#hasher = hasher;
    this.#placer = placer;
    this.#files = options.files;
    this.#ownsHasher = options.ownsHasher;
    this.#logger = options.logger;
  }

  localPath(key: BlobKey): string {
    return this.#folders.pathOf(key);
  }

  place(key: BlobKey, sourcePath: string, expected: FileChecksum, document?: BlobDocument): Promise<void> {
    const attempt = `place ${sourcePath} as ${key}`;
    const place = () => this.#placer.place({ key, sourcePath, expected, document });
    // Nobody else writes the document between its name and the sync that makes both last.
    const inTurn = document === undefined ? place : () => this.#inTurn(document.key, attempt, place);
    return this.#inTurn(key, attempt, inTurn);
  }

  putDocument(key: BlobKey, content: string): Promise<void> {
    return this.#inTurn(key, `write ${key}`, async () => {
      await this.#folders.sync(dirname(await this.#nameDocument({ key, content })));
    });
  }

  removeDocument(key: BlobKey): Promise<void> {
    return this.#inTurn(key, `remove ${key}`, async () => {
      if (!key.endsWith('.json')) {
        throw new VoiceRecorderError('invalid-input', `${key} is no document: only .json files are removed.`);
      }
      try {
        const path = await this.#folders.find(key);
        await dropName(this.#folders, partialPathOf(path));
        await dropName(this.#folders, path);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  remove(key: BlobKey): Promise<number> {
    return this.#inTurn(key, `remove ${key}`, () => removeFile(this.#folders, key));
  }

  async quarantinedOf(key: BlobKey, id: string): Promise<readonly BlobKey[]> {
    assertOutsideWriteSession(`The store (quarantine of ${key})`);
    return await listQuarantined(this.#folders, key, id);
  }

  async stat(key: BlobKey): Promise<{ sizeBytes: number } | undefined> {
    assertOutsideWriteSession(`The store (look at ${key})`);
    try {
      const found = await lstatIfThere(this.#folders.fs, await this.#folders.find(key));
      return found?.isFile() ? { sizeBytes: found.size } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asDiskFailure(error, `look at ${key}`);
    }
  }

  async read(key: BlobKey, range?: { start: number; end: number }): Promise<Readable> {
    if (range !== undefined && !(range.start >= 0 && range.end >= range.start)) {
      throw new VoiceRecorderError(
        'range-invalid',
        `${key} cannot be read from ${range.start} to ${range.end}: expected 0 <= start <= end.`,
      );
    }
    return await this.#reading(key, `read ${key}`, async (path) => {
      // O_NONBLOCK: a pipe in a file's place must not hold a thread for ever.
      const flags = constants.O_RDONLY | NO_FOLLOW | (constants.O_NONBLOCK ?? 0);
      const handle = await this.#files.open(path, flags);
      const isFile = (await handle.stat()).isFile();
      const isEmptyRange = range !== undefined && range.start === range.end;
      if (!isFile || isEmptyRange) await handle.close();
      if (!isFile) throw new VoiceRecorderError('storage-failed', `${key} is no regular file in the store.`);
      if (isEmptyRange) return Readable.from([]);
      return handle.createReadStream({
        highWaterMark: READ_CHUNK_BYTES,
        ...(range === undefined ? {} : { start: range.start, end: range.end - 1 }),
      });
    });
  }

  checksum(key: BlobKey): Promise<FileChecksum> {
    return this.#reading(key, `read ${key}`, (path) => this.#hasher.hashFile(path));
  }

  async examine(key: BlobKey, options: Parameters<Examination['examine']>[1] = {}): Promise<BlobFinding> {
    assertOutsideWriteSession(`The store (examine ${key})`);
    return await examineBlob(this.#folders, this.#hasher, key, options);
  }

  quarantine(key: BlobKey, reason: string): Promise<BlobKey> {
    return this.#inTurn(key, `move ${key} to quarantine`, async () => {
      const note = (noteKey: BlobKey, content: string) => this.putDocument(noteKey, content);
      const newKey = await quarantineFile(this.#folders, key, reason, note);
      this.#logger?.warn({ key, newKey, reason }, 'Stored bytes were moved to quarantine.');
      return newKey;
    });
  }

  async close(): Promise<void> {
    await this.#placer.close();
    if (this.#ownsHasher) await this.#hasher.close();
  }

  /** Resolves to the path; the content is on stable storage, and its name once the folder is synced. */
  async #nameDocument({ key, content }: BlobDocument): Promise<string> {
    const target = await this.#folders.make(key);
    await writeNamed(this.#folders.fs, target, content);
    return target;
  }

  async #reading<T>(key: BlobKey, attempt: string, work: (path: string) => Promise<T>): Promise<T> {
    assertOutsideWriteSession(`The store (${attempt})`);
    try {
      return await work(await this.#folders.find(key));
    } catch (error) {
      if (isMissing(error)) {
        throw new VoiceRecorderError('blob-missing', `Nothing lies under ${key} in the store.`, {
          cause: error,
        });
      }
      throw asDiskFailure(error, attempt);
    }
  }

  async #inTurn<T>(key: BlobKey, attempt: string, work: () => Promise<T>): Promise<T> {
    assertOutsideWriteSession(`The store (${attempt})`);
    try {
      return await this.#turns.run(key, work);
    } catch (error) {
      throw asDiskFailure(error, attempt);
    }
  }
}
