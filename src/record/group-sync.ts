import type { Disk } from './disk.ts';

interface Waiting {
  readonly descriptor: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: all descriptors that wait are synced side by side, so that the file system's journal is committed
 * once for many uploads. The number under way stays below the size of libuv's thread pool, for reads and writes
 * need threads too; a descriptor that already waits is synced once for all who asked. One descriptor is never
 * synced twice at a time: the kernel tells of a lost page only once, and whoever asked meanwhile must hear of it too.
 */
export class GroupSync {
  readonly #disk: Disk;
  readonly #atOnce: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #underWay = new Set<number>();
  #isStarting = false;

  constructor(disk: Disk, atOnce: number = syncsAtOnce()) {
    this.#disk = disk;
    this.#atOnce = atOnce;
  }

  /**
   * Resolves when all bytes written to these files before the call are on stable storage. When it rejects, the
   * descriptors must be closed and never be synced again: the kernel reports a lost page only once.
   */
  async sync(...descriptors: readonly number[]): Promise<void> {
    const results = await Promise.allSettled(descriptors.map((descriptor) => this.#join(descriptor)));
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  #join(descriptor: number): Promise<void> {
    const known = this.#waiting.get(descriptor);
    if (known !== undefined) return known.promise;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(descriptor, { descriptor, promise, resolve, reject });
    if (!this.#isStarting) {
      this.#isStarting = true;
      // After the callbacks of this turn of the loop: whoever writes in it joins the group.
      setImmediate(() => {
        this.#isStarting = false;
        this.#startWaiting();
      });
    }
    return promise;
  }

  #startWaiting(): void {
    for (const waiting of this.#waiting.values()) {
      if (this.#underWay.size >= this.#atOnce) return;
      const { descriptor } = waiting;
      if (this.#underWay.has(descriptor)) continue;
      this.#waiting.delete(descriptor);
      this.#underWay.add(descriptor);
      this.#disk.sync(descriptor).then(
        () => this.#settle(descriptor, waiting.resolve),
        (error: unknown) => {
          const next = this.#waiting.get(descriptor);
          this.#waiting.delete(descriptor);
          next?.reject(error);
          this.#settle(descriptor, () => waiting.reject(error));
        },
      );
    }
  }

  #settle(descriptor: number, tell: () => void): void {
    this.#underWay.delete(descriptor);
    tell();
    if (this.#waiting.size > 0 && !this.#isStarting) this.#startWaiting();
  }
}

function syncsAtOnce(): number {
  // libuv's own default is 4 threads.
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Math.max(2, Math.floor((Number.isFinite(threads) ? threads : 4) * 0.75));
}
