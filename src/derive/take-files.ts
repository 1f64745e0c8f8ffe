import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JoinedMedia, MediaOptions } from '../media/media.ts';
import type { Recording } from '../model/recording.ts';
import type { DeriveDesk } from './derived-files.ts';
import { isMade, Makings } from './makings.ts';

/** The one file that the segments of a take make together. */
export interface JoinedFile extends JoinedMedia {
  readonly path: string;
  readonly sizeBytes: number;
  /** The same segments always make the same one. */
  readonly fingerprint: string;
}

/** Goes into every fingerprint: a joined file that was made in another way is made anew. */
const METHOD = 'voice-recorder-pro/joined 1';
const NAME = /^(?:joined|playable)-([0-9a-f]{16})[.-]/;

/**
 * Joined files of takes, in `derived/take-<takeId>/`, named for the checksums of their segments: when a segment comes,
 * goes or is superseded the name is another one, and what is out of date goes once the new file is there.
 */
export class TakeFiles {
  readonly #desk: DeriveDesk;
  readonly #makings = new Makings();

  constructor(desk: DeriveDesk) {
    this.#desk = desk;
  }

  /** The joined file, if it was made; never waits for it. */
  async find(takeId: string, segments: readonly Recording[]): Promise<JoinedFile | undefined> {
    return await this.#read(this.#place(takeId, segments));
  }

  /** Makes the joined file of two or more segments when it is not there. Rejects as {@link Media.join} does. */
  joined(takeId: string, segments: readonly Recording[], options: MediaOptions = {}): Promise<JoinedFile> {
    const place = this.#place(takeId, segments);
    return this.#makings.once(
      place.base,
      options,
      async (stoppable) => (await this.#read(place)) ?? this.#make(place, segments, stoppable),
    );
  }

  /** Path of the peaks of the joined file, which is made first when it is not there. */
  async peaks(takeId: string, segments: readonly Recording[], options: MediaOptions = {}): Promise<string> {
    const { path } = await this.joined(takeId, segments, options);
    const peaksPath = `${this.#place(takeId, segments).base}.vpk`;
    return this.#makings.once(peaksPath, options, async (stoppable) => {
      if (!(await isMade(peaksPath))) await this.#desk.media.peaks(path, peaksPath, stoppable);
      return peaksPath;
    });
  }

  /** What browsers play and seek of the joined audio: the joined file itself nearly always. */
  async playable(
    takeId: string,
    segments: readonly Recording[],
  ): Promise<{ path: string; mimeType: string }> {
    const { path, plan, isPlayable, fingerprint } = await this.joined(takeId, segments);
    if (isPlayable) return { path, mimeType: plan.mimeType };
    // Lossless audio, in whatever container: its rendition is FLAC.
    const rendition = join(this.#place(takeId, segments).folder, `playable-${fingerprint}.flac`);
    return this.#makings.once(rendition, {}, async (stoppable) => {
      if (!(await isMade(rendition))) await this.#desk.media.renderPlayable(path, rendition, stoppable);
      return { path: rendition, mimeType: 'audio/flac' };
    });
  }

  /** Forgets what was made of a take, and what is being made just now; resolves to the bytes freed. */
  remove(takeId: string): Promise<number> {
    return this.#makings.removeFolder(join(this.#desk.derivedPath, `take-${takeId}`));
  }

  /** True while something in this folder is being made. */
  isBeingMade(folder: string): boolean {
    return this.#makings.under(folder).length > 0;
  }

  async #make(place: Place, segments: readonly Recording[], options: MediaOptions): Promise<JoinedFile> {
    await mkdir(place.folder, { recursive: true, mode: 0o700 });
    await this.#removeOutdated(place, /\.part$/);
    const sources = segments.map(({ storedFilename }) => this.#desk.localPath(storedFilename));
    const made = await this.#desk.media.join(sources, place.base, options);
    const file = `${place.base}.${made.plan.extension}`;
    await rename(place.base, file);
    // The description comes last: without it the audio counts as not made.
    await writeFile(`${place.base}.json.part`, JSON.stringify(made), { mode: 0o600 });
    await rename(`${place.base}.json.part`, `${place.base}.json`);
    await this.#removeOutdated(place, /./);
    const { size } = await stat(file);
    return { ...made, path: file, sizeBytes: size, fingerprint: place.fingerprint };
  }

  async #read(place: Place): Promise<JoinedFile | undefined> {
    try {
      const made = JSON.parse(await readFile(`${place.base}.json`, 'utf8')) as JoinedMedia;
      const path = `${place.base}.${made.plan.extension}`;
      const { size } = await stat(path);
      return { ...made, path, sizeBytes: size, fingerprint: place.fingerprint };
    } catch {
      // Not made, or no longer whole: both mean that it is to be made.
      return undefined;
    }
  }

  /** Removes what a killed process left half made of this file, or what was made of other segments. */
  async #removeOutdated(place: Place, pattern: RegExp): Promise<void> {
    for (const name of await readdir(place.folder)) {
      const fingerprint = NAME.exec(name)?.[1];
      if (fingerprint === undefined || !pattern.test(name)) continue;
      const isOwn = fingerprint === place.fingerprint;
      const isBeingMade = this.#makings.under(place.folder).some((path) => path.includes(`-${fingerprint}`));
      // On Windows a file that is being read stays until the next time.
      if (name.endsWith('.part') ? isOwn || !isBeingMade : !isOwn && !isBeingMade)
        await rm(join(place.folder, name), { force: true }).catch(() => undefined);
    }
  }

  #place(takeId: string, segments: readonly Recording[]): Place {
    const lines = [METHOD, ...segments.map(({ checksum }) => checksum)].join('\n');
    const fingerprint = createHash('sha256').update(lines).digest('hex').slice(0, 16);
    const folder = join(this.#desk.derivedPath, `take-${takeId}`);
    return { folder, fingerprint, base: join(folder, `joined-${fingerprint}`) };
  }
}

interface Place {
  readonly folder: string;
  readonly fingerprint: string;
  /** Path of everything that is made of these segments, without its ending. */
  readonly base: string;
}
