import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolderDurablyNow, syncFolderNow } from '../durable/folder.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { TargetPlace } from './target-place.ts';

/** A place for copies, with the name that people gave it. */
export interface Target {
  /** Written at the target as well: the copies there are those of this id. */
  readonly id: string;
  readonly name: string;
  readonly place: TargetPlace;
}

interface Book {
  readonly format: typeof FORMAT;
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly targets: readonly Target[];
  /** Removed by a person, and not yet struck from the ledger. */
  readonly removed: readonly Pick<Target, 'id' | 'name'>[];
}

const FORMAT = 'voice-recorder-pro/targets';
const FORMAT_VERSION = 1;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const NONE: Book = { format: FORMAT, formatVersion: FORMAT_VERSION, targets: [], removed: [] };

/**
 * The targets of a store, in a file of the state folder: only who may write there says where recordings are sent, and
 * nothing that comes over HTTP. No secret is in it.
 */
export class TargetBook {
  readonly #file: string;

  constructor(stateDir: string, storeId: string) {
    this.#file = join(stateDir, 'stores', storeId, 'targets.json');
  }

  /** In the order they were added. Throws `target-invalid` when the file is none of ours. */
  list(): readonly Target[] {
    return this.#read().targets;
  }

  /** Throws `target-unknown`. */
  get(name: string): Target {
    const found = this.list().find((target) => target.name === name);
    if (found) return found;
    const known = this.list().map((target) => target.name);
    const advice =
      known.length === 0 ? 'There is none yet: "vrp targets add" makes one' : `Known are ${known.join(', ')}`;
    throw new VoiceRecorderError('target-unknown', `There is no target "${name}". ${advice}.`);
  }

  /** Throws `target-exists` or `target-invalid`. */
  requireFree(name: string): void {
    if (!NAME.test(name))
      throw new VoiceRecorderError(
        'target-invalid',
        `"${name}" is no name for a target: expected 1 to 63 letters, digits, dots, hyphens and underscores.`,
      );
    if (this.list().some((target) => target.name === name))
      throw new VoiceRecorderError('target-exists', `There is a target "${name}" already.`);
  }

  add(target: Target): void {
    this.requireFree(target.name);
    const { targets, removed } = this.#read();
    this.#write({
      ...NONE,
      targets: [...targets, target],
      removed: removed.filter(({ id }) => id !== target.id),
    });
  }

  /** Its copies stay where they are. Throws `target-unknown`. */
  remove(name: string): Target {
    const gone = this.get(name);
    const { targets, removed } = this.#read();
    this.#write({
      ...NONE,
      targets: targets.filter(({ id }) => id !== gone.id),
      removed: [...removed, { id: gone.id, name: gone.name }],
    });
    return gone;
  }

  /** Targets that the ledger is to forget. */
  removed(): readonly Pick<Target, 'id' | 'name'>[] {
    return this.#read().removed;
  }

  forgotten(id: string): void {
    const { targets, removed } = this.#read();
    this.#write({ ...NONE, targets, removed: removed.filter((target) => target.id !== id) });
  }

  /** Changes whenever the file does. */
  stamp(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#file);
      return `${ino} ${mtimeMs} ${size}`;
    } catch {
      return '';
    }
  }

  #read(): Book {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE;
      throw error;
    }
    try {
      const book = JSON.parse(text) as Book;
      if (book.format === FORMAT && book.formatVersion === FORMAT_VERSION && Array.isArray(book.targets))
        return book;
    } catch {
      // Said below.
    }
    throw new VoiceRecorderError(
      'target-invalid',
      `${this.#file} is no list of targets that this version can read. Mend it, or move it away and add the targets again.`,
    );
  }

  #write(book: Book): void {
    makeFolderDurablyNow(dirname(this.#file));
    const temporary = `${this.#file}.new`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify(book, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#file);
    syncFolderNow(dirname(this.#file));
  }
}
