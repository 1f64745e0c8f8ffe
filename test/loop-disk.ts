import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type LoopFileSystem = 'xfs' | 'ext4';

/**
 * How a power cut treats the journal of the file system. `log-lost`: names and sizes that nobody synced go with the
 * data, as when the plug is pulled. `log-kept`: the journal is written out first, so that unsynced names and sizes
 * are there and their data is not.
 */
export type PowerCut = 'log-lost' | 'log-kept';

const SIZE_BYTES = 300 * 1024 * 1024;
const MAKE: Record<LoopFileSystem, readonly string[]> = {
  xfs: ['mkfs.xfs', '-q'],
  // Made whole at once: no thread of the kernel goes on filling inode tables behind the test's back.
  ext4: ['mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
};
/** Then it waits for its order. */
const XFS_IO_STARTS_MS = 40;
// A killed process and its children let go of their files a moment later.
const UNMOUNT_TRIES = 200;

/**
 * A file system of its own on a loop device, whose power can be cut: XFS_IOC_GOINGDOWN (ext4 knows it too) ends all
 * writing at once; what was not on the device by then is gone after the next mount, which replays the journal.
 */
export class LoopDisk {
  readonly kind: LoopFileSystem;
  readonly #home: string;
  readonly #image: string;
  /** Where it is mounted. */
  readonly path: string;
  /** A folder beside it, on the file system of this machine; removed with it. */
  readonly scratchPath: string;
  #isMounted = false;

  constructor(kind: LoopFileSystem) {
    this.kind = kind;
    this.#home = mkdtempSync(join(tmpdir(), `vrp-${kind}-`));
    this.#image = join(this.#home, 'image');
    this.path = join(this.#home, 'disk');
    this.scratchPath = join(this.#home, 'scratch');
    try {
      mkdirSync(this.path);
      mkdirSync(this.scratchPath);
      writeFileSync(this.#image, '');
      truncateSync(this.#image, SIZE_BYTES);
      const [program = '', ...options] = MAKE[kind];
      execFileSync(program, [...options, this.#image], { stdio: 'pipe' });
      this.#mount();
    } catch (error) {
      rmSync(this.#home, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * From the moment this resolves nothing can be written any more, and every sync fails. `before` is called a fraction
   * of a millisecond ahead of it.
   */
  async cutPower(cut: PowerCut, before: () => void = () => undefined): Promise<void> {
    const program = spawn('xfs_io', ['-x', this.path], { stdio: ['pipe', 'ignore', 'pipe'] });
    await once(program, 'spawn');
    await sleep(XFS_IO_STARTS_MS);
    before();
    program.stdin.end(cut === 'log-kept' ? 'shutdown -f\n' : 'shutdown\n');
    const [exitCode] = await once(program, 'close');
    if (exitCode !== 0) throw new Error(`xfs_io could not cut the power of ${this.path}.`);
  }

  /** Mounts it again. Whoever had files open on it must be dead. */
  async comeBack(): Promise<void> {
    await this.#unmount();
    this.#mount();
  }

  async remove(): Promise<void> {
    if (this.#isMounted) await this.#unmount();
    rmSync(this.#home, { recursive: true, force: true });
  }

  #mount(): void {
    execFileSync('mount', ['-o', 'loop', '-t', this.kind, this.#image, this.path], { stdio: 'pipe' });
    this.#isMounted = true;
  }

  async #unmount(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { status, stderr } = spawnSync('umount', [this.path], { encoding: 'utf8' });
      if (status === 0) break;
      if (tries === UNMOUNT_TRIES) throw new Error(`${this.path} cannot be unmounted: ${stderr}`);
      await sleep(50);
    }
    this.#isMounted = false;
  }
}

/** Why power cannot be cut on this machine; undefined when it can. */
export async function whyNoPowerCut(kind: LoopFileSystem): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'only Linux has the call that cuts the power of a file system';
  if (process.getuid?.() !== 0) return 'mounting a loop device needs root';
  for (const program of ['xfs_io', MAKE[kind][0] ?? '']) {
    if (spawnSync(program, ['-V']).error !== undefined) {
      return `${program} is missing (packages xfsprogs and e2fsprogs)`;
    }
  }
  try {
    const disk = new LoopDisk(kind);
    try {
      await disk.cutPower('log-lost');
      await disk.comeBack();
    } finally {
      await disk.remove();
    }
    return undefined;
  } catch (error) {
    return `a ${kind} on a loop device cannot be mounted or cut here: ${String(error)}`;
  }
}
