import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/*
 * Runs a script under strace and follows, call by call, what a power cut could still take away: bytes written to a
 * file and not synced since, names made or removed in a folder and not synced since. POSIX promises no more than
 * that; a file system may be kinder, which is why a test on one disk cannot stand for all.
 *
 * Bytes of an upload whose write-ahead log is synced are sure as well, as long as that log is there; but not sure
 * enough to be given another name.
 */

/** What was in doubt at a place the script marked by writing `#mark <name>` to stdout. */
export interface Doubt {
  readonly mark: string;
  /** `bytes <path>`, `name <path>` (made) or `gone <path>` (removed). */
  readonly inDoubt: readonly string[];
}

export interface DurabilityTrace {
  readonly doubts: readonly Doubt[];
  /** Steps that were taken too early: a file named for good whose bytes were in doubt, a last sure name removed. */
  readonly tooEarly: readonly string[];
}

const CALLS =
  'openat,write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir';

/** Follows what happens below `root`. The script gets `args`. */
export function traceDurability(scriptPath: string, root: string, args: readonly string[]): DurabilityTrace {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-trace-'));
  try {
    const output = join(folder, 'trace');
    execFileSync(
      'strace',
      ['-f', '-y', '-s', '80', '-e', `trace=${CALLS}`, '-o', output, process.execPath, scriptPath, ...args],
      // Writes handed to the kernel through its ring would not be seen.
      { env: { ...process.env, UV_USE_IO_URING: '0' }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const disk = new TracedDisk(root);
    for (const line of readFileSync(output, 'utf8').split('\n')) disk.read(line);
    return disk;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface TracedWrite {
  isDone: boolean;
  /** The log that has the same bytes on the disk. */
  loggedIn: string | null;
  /** Of a write to a log: the writes whose bytes it repeats. */
  readonly repeats: readonly TracedWrite[];
}

interface TracedFile {
  /** Writes that no sync of this file covers yet. */
  readonly writes: Set<TracedWrite>;
}

const LOG = /\/spool\/log-\d+$/;
const UPLOAD_DATA = /\/spool\/[^/]+\/data(?:-\d+)?$/;

class TracedDisk implements DurabilityTrace {
  readonly doubts: Doubt[] = [];
  readonly tooEarly: string[] = [];
  readonly #root: string;
  readonly #files = new Map<string, TracedFile>();
  /** Names in doubt, by path. */
  readonly #names = new Map<string, 'name' | 'gone'>();
  /** What a name stood for that is gone, as long as a power cut may bring it back. */
  readonly #gone = new Map<string, TracedFile>();
  /** Calls that began and have not ended, by thread. */
  readonly #begun = new Map<string, { text: string; end: () => void }>();

  constructor(root: string) {
    this.#root = `${root}/`;
  }

  read(line: string): void {
    const parts = /^(\d+)\s+(?:<\.\.\. \w+ resumed>)?(.*)$/.exec(line);
    if (parts === null) return;
    const [, thread = '', rest = ''] = parts;
    if (line.includes(' resumed>')) {
      const begun = this.#begun.get(thread);
      this.#begun.delete(thread);
      if (begun !== undefined && !failed(rest)) this.#end(begun.text + rest, begun.end);
    } else if (rest.endsWith('<unfinished ...>')) {
      const text = rest.slice(0, -'<unfinished ...>'.length);
      this.#begun.set(thread, { text, end: this.#begin(text) });
    } else if (!failed(rest)) this.#end(rest, this.#begin(rest));
  }

  /** What must be seen before the call: a write is under way from here on, a sync covers only what ended before. */
  #begin(text: string): () => void {
    const written = /^(?:p?writev?2?|pwrite64|ftruncate)\(\d+<([^>]*)>/.exec(text)?.[1] ?? targetOfCopy(text);
    if (written !== undefined && this.#isOurs(written)) {
      const repeats = LOG.test(written) ? this.#dataWrites().filter(({ isDone }) => isDone) : [];
      const write: TracedWrite = { isDone: false, loggedIn: null, repeats };
      this.#file(written).writes.add(write);
      return () => {
        write.isDone = true;
      };
    }
    const synced = /^(?:fsync|fdatasync)\(\d+<([^>]*)>/.exec(text)?.[1];
    if (synced === undefined) return () => undefined;
    const { writes } = this.#file(synced);
    const covered = [...writes].filter(({ isDone }) => isDone);
    const names = [...this.#names.keys()].filter((path) => dirname(path) === synced);
    return () => {
      for (const write of covered) {
        writes.delete(write);
        for (const repeated of write.repeats) repeated.loggedIn = synced;
      }
      for (const path of names) {
        this.#names.delete(path);
        this.#gone.delete(path);
      }
    };
  }

  #end(text: string, end: () => void): void {
    end();
    const mark = /^write\(1<[^>]*>, "#mark ([^"\\]*)/.exec(text)?.[1];
    if (mark !== undefined) this.doubts.push({ mark, inDoubt: this.#inDoubt() });
    const opened = /^openat\([^,]*, "[^"]*", [^)]*O_CREAT[^)]*\) = \d+<([^>]*)>/.exec(text)?.[1];
    if (opened !== undefined && this.#isOurs(opened) && !this.#files.has(opened)) this.#make(opened);
    const [first = '', second = ''] = pathsOf(text);
    if (/^mkdir(?:at)?\(/.test(text) && this.#isOurs(first)) this.#names.set(first, 'name');
    if (/^(?:link|linkat)\(/.test(text)) this.#link(first, second);
    if (/^rename(?:at2?)?\(/.test(text)) {
      this.#noteLastName(second);
      this.#link(first, second);
      this.#unlink(first);
    }
    if (/^(?:unlink|unlinkat|rmdir)\(/.test(text)) {
      this.#noteLastName(first);
      this.#unlink(first);
    }
  }

  /** Seen before the name goes or another file takes it: was it the last one that would be there after a power cut? */
  #noteLastName(name: string): void {
    const lasting = this.#gone.get(name) ?? this.#files.get(name);
    const others = [...this.#files].filter(([path, file]) => path !== name && file === lasting);
    if (this.#names.get(name) !== 'name' && others.some(([path]) => this.#names.get(path) === 'name'))
      this.tooEarly.push(`${this.#short(name)} was removed before its other name was sure`);
  }

  #make(path: string): void {
    this.#files.set(path, { writes: new Set() });
    this.#names.set(path, 'name');
  }

  #link(from: string, to: string): void {
    if (!this.#isOurs(to)) return;
    const file = this.#file(from);
    if (file.writes.size > 0)
      this.tooEarly.push(`${this.#short(to)} was named before the bytes of ${this.#short(from)} were sure`);
    this.#files.set(to, file);
    this.#names.set(to, 'name');
  }

  #unlink(path: string): void {
    if (!this.#isOurs(path)) return;
    const file = this.#files.get(path);
    this.#files.delete(path);
    for (const write of this.#dataWrites()) if (write.loggedIn === path) write.loggedIn = null;
    // A name that never was sure leaves nothing to be sure of.
    if (this.#names.get(path) === 'name') this.#names.delete(path);
    else {
      this.#names.set(path, 'gone');
      if (file !== undefined) this.#gone.set(path, file);
    }
    // With a folder goes whatever was in doubt within.
    for (const inner of [...this.#names.keys()]) if (inner.startsWith(`${path}/`)) this.#names.delete(inner);
  }

  #dataWrites(): TracedWrite[] {
    return [...this.#files].flatMap(([path, { writes }]) => (UPLOAD_DATA.test(path) ? [...writes] : []));
  }

  #file(path: string): TracedFile {
    const known = this.#files.get(path) ?? { writes: new Set() };
    this.#files.set(path, known);
    return known;
  }

  #inDoubt(): string[] {
    const bytes = [...this.#files].filter(([, { writes }]) =>
      [...writes].some(({ loggedIn }) => loggedIn === null),
    );
    return [
      ...bytes.map(([path]) => `bytes ${this.#short(path)}`),
      ...[...this.#names].map(([path, what]) => `${what} ${this.#short(path)}`),
    ].sort();
  }

  #isOurs(path: string): boolean {
    return path.startsWith(this.#root);
  }

  #short(path: string): string {
    return path
      .slice(this.#root.length)
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
      .replace(/\d{4}\/\d{2}\/\d{8}T\d{6}Z/, '<date>');
  }
}

function failed(text: string): boolean {
  return / = -1 E[A-Z]+/.test(text);
}

function pathsOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '');
}

function targetOfCopy(text: string): string | undefined {
  return (
    /^copy_file_range\(\d+<[^>]*>, [^,]+, \d+<([^>]*)>/.exec(text)?.[1] ??
    /^sendfile\(\d+<([^>]*)>/.exec(text)?.[1]
  );
}
