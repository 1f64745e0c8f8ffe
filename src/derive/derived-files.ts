import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobKey } from '../blobs/blob-store.ts';
import type { Media, MediaOptions } from '../media/media.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { isMade, Makings } from './makings.ts';
import { EXTENSION_BY_TYPE, mimeTypeOfRendition } from './rendition-type.ts';

/** What deriving needs from the outside world. */
export interface DeriveDesk {
  /** `derived/`: everything in it may be deleted at any time and is made again when asked for. */
  readonly derivedPath: string;
  readonly media: Media;
  localPath(key: BlobKey): string;
}

export interface Rendition {
  readonly path: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
}

/**
 * Files made from originals. Each is made on first use; those who ask while it is being made wait for the same work.
 * A method rejects with a `media-…` or `disk-full` code, and may then be asked again.
 */
export class DerivedFiles {
  readonly #desk: DeriveDesk;
  readonly #makings = new Makings();

  constructor(desk: DeriveDesk) {
    this.#desk = desk;
  }

  /** Where the peaks of a recording lie or would lie. */
  peaksPath(id: RecordingId): string {
    return join(this.#folder(id), 'peaks.vpk');
  }

  /** Path of the recording's peaks, which are made when they are not there. */
  peaks(recording: Recording, options: MediaOptions = {}): Promise<string> {
    const path = this.peaksPath(recording.id);
    return this.#makings.once(path, options, async (stoppable) => {
      if (await isMade(path)) return path;
      await mkdir(this.#folder(recording.id), { recursive: true, mode: 0o700 });
      await this.#desk.media.peaks(this.#desk.localPath(recording.storedFilename), path, stoppable);
      return path;
    });
  }

  /** A copy that every browser plays and seeks. */
  playable(recording: Recording, options: MediaOptions = {}): Promise<Rendition> {
    const folder = this.#folder(recording.id);
    return this.#makings.once(join(folder, 'playable'), options, async (stoppable) => {
      const found = await findRendition(folder);
      if (found) return found;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // The type is known only when it is made, so it gets its ending afterwards.
      const unnamed = join(folder, 'playable');
      const { mimeType } = await this.#desk.media.renderPlayable(
        this.#desk.localPath(recording.storedFilename),
        unnamed,
        stoppable,
      );
      const path = `${unnamed}.${EXTENSION_BY_TYPE[mimeType] ?? 'bin'}`;
      await rename(unnamed, path);
      return { path, mimeType, sizeBytes: (await stat(path)).size };
    });
  }

  /** Forgets what was made of a recording, and what is being made just now; resolves to the bytes freed. */
  remove(id: RecordingId): Promise<number> {
    return this.#makings.removeFolder(this.#folder(id));
  }

  /** True while something in this folder is being made. */
  isBeingMade(folder: string): boolean {
    return this.#makings.under(folder).length > 0;
  }

  #folder(id: RecordingId): string {
    return join(this.#desk.derivedPath, id);
  }
}

async function findRendition(folder: string): Promise<Rendition | undefined> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return undefined;
  }
  for (const name of names) {
    const mimeType = mimeTypeOfRendition(name);
    if (mimeType === undefined) continue;
    const path = join(folder, name);
    return { path, mimeType, sizeBytes: (await stat(path)).size };
  }
  return undefined;
}
