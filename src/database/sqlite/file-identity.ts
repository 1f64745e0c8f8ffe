import { statSync } from 'node:fs';

// A reader looks so often: what it reads of a file without a name is still true, only not for long.
const READER_LOOKS_EVERY_MS = 100;

/** The file that was opened is not under its name any more. What is written there now would be gone with the process. */
export class DatabaseFileGone extends Error {}

/** Sees to it that the database that is open is still the one that others would find. */
export class FileIdentity {
  readonly #path: string;
  #opened: { readonly dev: number; readonly ino: number } | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
  }

  /** True once a file was seen: it must not be made anew then. */
  get isKnown(): boolean {
    return this.#opened !== undefined;
  }

  /** Throws {@link DatabaseFileGone}. The first call decides which file it is. */
  check(): void {
    this.#lookedAtMs = performance.now();
    const found = statSync(this.#path, { throwIfNoEntry: false });
    this.#opened ??= found && { dev: found.dev, ino: found.ino };
    if (found && found.ino === this.#opened?.ino && found.dev === this.#opened.dev) return;
    const what = found === undefined ? 'it was removed or renamed' : 'another file lies under its name';
    throw new DatabaseFileGone(`${what} while it was open`);
  }

  checkNowAndThen(): void {
    if (performance.now() - this.#lookedAtMs > READER_LOOKS_EVERY_MS) this.check();
  }
}
