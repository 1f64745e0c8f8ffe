import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/*
 * Leads a process from one changing system call to the next. strace's `when=N` counts for each thread apart, and which
 * thread of a pool does what differs from run to run; so calls are named by what they do, to which file, for which
 * time. strace injects SIGSTOP into every call of a set: the call happens, then the whole process stands still until
 * it is told to go on. Dying *after* a call is SIGKILL at that stop. Dying *before* a call is a second strace, which
 * takes over while the process stands at an earlier call, watches that one path and injects SIGKILL on entry: the
 * kernel then ends the process without doing the call.
 */

/** Everything that changes a file or a folder, or makes it durable. */
const STOPPED_CALLS = [
  'pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,splice',
  'fsync,fdatasync,sync_file_range,syncfs,msync,ftruncate,truncate,fallocate',
  'link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir',
  'creat,chmod,fchmod,fchmodat,utimensat,chown,fchown,fchownat',
].join(',');
/** Nearly all of these go to pipes and modules: they are listed, but stopped at only when one of them is the target. */
const LISTED_CALLS = 'write,openat';

export interface ChangingCall {
  readonly call: string;
  /** Relative to the watched folder, with `<id>` and `<time>` for what differs in each run. */
  readonly path: string;
  /** The how-many-th of this call on this path, from 1. */
  readonly nth: number;
  /** The path as it really was. */
  readonly realPath: string;
  /** False as long as it has not returned. */
  isDone: boolean;
}

/** How the kill of one run came about. */
export type Death = 'none' | 'after' | 'before';

/** Where a run is to die. */
export interface Target {
  readonly moment: 'before' | 'after';
  readonly key: string;
  /** A call before it in the clean run after which the process {@link standsStillAfter}; null: there is none. */
  readonly previousKey: string | null;
}

export const keyOf = ({ call, path, nth }: Pick<ChangingCall, 'call' | 'path' | 'nth'>): string =>
  `${call} ${path} #${nth}`;

export function standsStillAfter(key: string): boolean {
  return !LISTED_CALLS.split(',').includes(key.split(' ')[0] ?? '');
}

export class Lockstep {
  readonly calls: ChangingCall[] = [];
  readonly #pid: number;
  readonly #root: string;
  readonly #target: Target | null;
  readonly #unfinished = new Map<string, ChangingCall>();
  readonly #stopping = new Set<string>();
  /** Of the process and of the children it began meanwhile. */
  readonly #threads = new Set<string>();
  #strace: ChildProcess | null = null;
  #uuid: string | null = null;
  #lastCallMs = performance.now();
  #death: Death = 'none';
  #isWatching = false;
  #isSwitched = false;
  #watchdog: NodeJS.Timeout | undefined;

  private constructor(pid: number, root: string, target: Target | null) {
    this.#pid = pid;
    this.#root = root;
    this.#target = target;
  }

  /** Attaches to `pid`, a process that may stand still (it is then sent on), and to the threads and children it has. */
  static async attach(pid: number, root: string, target: Target | null): Promise<Lockstep> {
    const lockstep = new Lockstep(pid, root, target);
    if (target !== null && lockstep.#isWatched && target.previousKey === null) await lockstep.#watch();
    else {
      const traced = `trace=${STOPPED_CALLS},${LISTED_CALLS}`;
      await lockstep.#trace(['-e', traced, '-e', `inject=${STOPPED_CALLS}:signal=STOP`]);
    }
    lockstep.#continue();
    // A stop that met another one may be told only once.
    lockstep.#watchdog = setInterval(() => {
      const isSwitching = lockstep.#isWatching && !lockstep.#isSwitched;
      if (!isSwitching && lockstep.#stopping.size === 0 && lockstep.#standsStill()) lockstep.#continue();
    }, 50);
    return lockstep;
  }

  get death(): Death {
    return this.#death;
  }

  /** Milliseconds since the last changing call. */
  get quietMs(): number {
    return performance.now() - this.#lastCallMs;
  }

  /** Ends the tracing; the process goes on by itself if it lives. */
  async detach(): Promise<void> {
    clearInterval(this.#watchdog);
    await this.#endStrace();
    for (const thread of this.#threads) this.#continue(Number(thread));
    this.#continue();
  }

  async #trace(options: readonly string[]): Promise<void> {
    const strace = spawn(
      'strace',
      ['-f', '-y', '-s', '0', '-e', 'signal=all', ...options, '-p', String(this.#pid)],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    this.#strace = strace;
    const lines = createInterface({ input: strace.stderr });
    await new Promise<void>((resolve, reject) => {
      strace.once('error', reject);
      strace.once('exit', (code) => reject(new Error(`strace ended with ${code} before it had attached.`)));
      lines.on('line', (line) => {
        if (/Process \d+ attached/.test(line)) resolve();
        if (this.#strace === strace) this.#hear(line);
      });
    });
  }

  async #endStrace(): Promise<void> {
    const strace = this.#strace;
    this.#strace = null;
    if (strace === null || strace.exitCode !== null || strace.signalCode !== null) return;
    const ended = once(strace, 'exit');
    // The kernel lets go of what it traced, and who stood still goes on doing so.
    strace.kill('SIGKILL');
    await ended;
  }

  #hear(line: string): void {
    const match = /^(?:\[pid +(\d+)\] )?(.*)$/.exec(line);
    const thread = match?.[1] ?? String(this.#pid);
    const text = match?.[2] ?? '';
    this.#threads.add(thread);
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const begun = /^([a-z]\w*)\((.*)$/.exec(text);
    if (resumed) this.#finish(thread, resumed[1] ?? '');
    else if (begun) {
      this.#begin(thread, begun[1] ?? '', begun[2] ?? '');
      if (!text.includes('<unfinished')) this.#finish(thread, text);
    } else if (text.startsWith('--- SIGSTOP')) this.#stopping.add(thread);
    else if (text.startsWith('--- stopped by SIGSTOP') && this.#stopping.delete(thread))
      void this.#decide(thread);
  }

  #begin(thread: string, call: string, args: string): void {
    // The second strace sees nothing but the call that it ends.
    if (this.#isWatching && this.#target?.moment === 'before') this.#death = 'before';
    const realPath = pathOf(call, args);
    if (realPath === null || !realPath.startsWith(`${this.#root}/`)) return;
    const path = this.#nameOf(realPath);
    const nth = this.calls.filter((known) => known.call === call && known.path === path).length + 1;
    const begun: ChangingCall = { call, path, nth, realPath, isDone: false };
    this.calls.push(begun);
    this.#unfinished.set(thread, begun);
    this.#lastCallMs = performance.now();
  }

  #finish(thread: string, text: string): void {
    const call = this.#unfinished.get(thread);
    if (call === undefined) return;
    this.#unfinished.delete(thread);
    // `= ?` is what a call that was never done gives.
    call.isDone = !/ = \?/.test(text);
  }

  async #decide(thread: string): Promise<void> {
    const target = this.#target;
    if (target?.moment === 'after' && this.#isDone(target.key)) {
      this.#death = 'after';
      process.kill(this.#pid, 'SIGKILL');
    }
    if (target !== null && this.#isWatched && !this.#isWatching && !this.#isBegun(target.key)) {
      if (this.#isDone(target.previousKey ?? '')) await this.#watch();
    }
    // The stop is that of one process, which may be a child. While the watch is being set, nobody goes on.
    if (!this.#isWatching || this.#isSwitched) this.#continue(Number(thread));
  }

  /** True when the target's call needs a strace of its own. */
  get #isWatched(): boolean {
    return this.#target?.moment === 'before' || !standsStillAfter(this.#target?.key ?? '');
  }

  /** While the process stands still: from now on only the target's call counts. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    await this.#endStrace();
    const [call = '', path = ''] = (this.#target?.key ?? '').split(' ');
    const realPath = this.#realPathOf(path);
    const signal = this.#target?.moment === 'before' ? 'KILL' : 'STOP';
    await this.#trace([
      ...(realPath === null ? [] : ['-P', realPath]),
      ...['-e', `trace=${call}`, '-e', `inject=${call}:signal=${signal}`],
    ]);
    this.#isSwitched = true;
  }

  #isDone(key: string): boolean {
    return this.calls.some((call) => call.isDone && keyOf(call) === key);
  }

  #isBegun(key: string): boolean {
    return this.calls.some((call) => keyOf(call) === key);
  }

  #continue(pid = this.#pid): void {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // It is gone.
    }
  }

  #standsStill(): boolean {
    const path = `/proc/${this.#pid}/status`;
    return existsSync(path) && /^State:\s+[Tt]/m.test(readFileSync(path, 'utf8'));
  }

  #nameOf(realPath: string): string {
    const uuid = /spool\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.exec(realPath)?.[1];
    if (uuid !== undefined) this.#uuid ??= uuid;
    return realPath
      .slice(this.#root.length + 1)
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replace(/\.\d+-(\d+\.part)/, '.<process>-$1')
      .replaceAll(/\d{8}T\d{6}Z/g, '<time>')
      .replaceAll(/\b20\d\d\/[01]\d\b/g, '<month>');
  }

  /** Known once the upload has its id, whose first 48 bits are the time of its making. */
  #realPathOf(path: string): string | null {
    const named = path.replace('<process>', String(this.#pid));
    if (!named.includes('<')) return `${this.#root}/${named}`;
    if (this.#uuid === null) return null;
    const madeAt = new Date(Number.parseInt(this.#uuid.replaceAll('-', '').slice(0, 12), 16)).toISOString();
    const stamp = madeAt.replaceAll(/[-:]|\.\d+/g, '');
    return `${this.#root}/${named}`
      .replaceAll('<id>', this.#uuid)
      .replaceAll('<time>', stamp)
      .replaceAll('<month>', madeAt.slice(0, 7).replace('-', '/'));
  }
}

/** The file a call changes; null when it changes none. */
function pathOf(call: string, args: string): string | null {
  if ((call === 'openat' || call === 'creat') && !/O_CREAT|^creat/.test(args)) return null;
  const quoted = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map((match) => match[1] ?? '')
    .filter((text) => text !== '');
  const descriptors = [...args.matchAll(/\d+<(\/[^>]*)>/g)].map((match) => match[1] ?? '');
  if (/^(f|pw|w|copy_file_range|sync|sendfile|splice)/.test(call)) {
    return (call === 'copy_file_range' || call === 'splice' ? descriptors.at(-1) : descriptors[0]) ?? null;
  }
  // strace's filter by path looks at the first name of a rename only, and at both of a link: of those the one that
  // comes to be.
  return (call.startsWith('rename') ? quoted[0] : quoted.at(-1)) ?? null;
}
