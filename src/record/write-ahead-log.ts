import { join } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import type { Disk } from './disk.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { LogFile, type LoggedRecord } from './log-file.ts';
import { logName } from './spool-layout.ts';
import type { UploadLane } from './upload-lane.ts';

export interface LogTools {
  readonly spoolPath: string;
  readonly disk: Disk;
  readonly checkpoint: LogCheckpoint;
  /** Numbers up to this one belong to files of earlier runs. */
  readonly lastNumber: number;
  readonly tuning: { readonly logBytes: number; readonly logAfterMs: number; readonly settleAfterMs: number };
  /** Bytes that may still be filled. */
  freeBytes(): Promise<number>;
}

/** Closed logs that may rest; with one more the oldest is settled at once. */
const RESTING_AT_ONCE = 3;
/** Closed logs that may wait for being settled; beyond them uploads sync their own files. */
const CLOSED_AT_ONCE = 5;
/** A log takes at most this part of what is free. */
const PART_OF_FREE = 0.01;
/** With less room than this no log is worth its while. */
const LEAST_BYTES = 1024 * 1024;
/** After a failure, or without room, no log is begun for so long. */
const PAUSE_MS = 10_000;

/**
 * Makes the records of short bodies safe: a thousand live takes share one sync of one file, where each would need two
 * of its own. An upload's own files are written as well, but not synced: the kernel writes them back when it likes.
 * A closed log rests until that has probably happened; then its uploads' files are synced, which costs little, and
 * the log is used again. After a crash it is played back into them (`replayLogs`).
 *
 * An entry speaks of bytes that never change any more, or of a generation that is no longer used: so it may be played
 * back at any time, also twice.
 */
export class WriteAheadLog {
  readonly #tools: LogTools;
  #lastNumber: number;
  #current: LogFile | null = null;
  #limitBytes = 0;
  #opening: Promise<void> | null = null;
  #free: LogFile | null = null;
  /** Oldest first. */
  #resting: { readonly file: LogFile; readonly timer: NodeJS.Timeout }[] = [];
  readonly #settling = new Map<LogFile, Promise<void>>();
  /** Logs of which some upload still needs its entries, for its own files failed. */
  readonly #needed = new Set<LogFile>();
  #closeTimer: NodeJS.Timeout | undefined;
  #pausedUntilMs = 0;
  #isEnded = false;

  constructor(tools: LogTools) {
    this.#tools = tools;
    this.#lastNumber = tools.lastNumber;
  }

  /** Resolves to true when the record is safe, to false when the upload's own files have to be synced instead. */
  async append(logged: LoggedRecord): Promise<boolean> {
    if (this.#current === null) await this.#openNext();
    const file = this.#current;
    if (file === null) return false;
    const isSafe = await file.append(logged);
    if (file.isBroken) this.#pausedUntilMs = performance.now() + PAUSE_MS;
    if (file === this.#current && (file.isBroken || file.sizeBytes >= this.#limitBytes)) this.#closeCurrent();
    return isSafe;
  }

  /** Makes an upload safe in its own files, if a log speaks of it. Rejects when that fails. */
  async settleUpload(lane: UploadLane): Promise<void> {
    const files = [this.#current, ...this.#resting.map(({ file }) => file), ...this.#settling.keys()];
    const isSpokenOf = [...files, ...this.#needed].some((file) => file?.uploads.has(lane) === true);
    if (isSpokenOf) await this.#tools.checkpoint.settleUpload(lane);
  }

  /** Gives back the space of all logs as soon as their uploads' own files are safe. */
  async relieve(): Promise<void> {
    this.#closeCurrent();
    for (const file of [...this.#needed]) this.#settle(file);
    while (this.#resting.length > 0) this.#settleOldest();
    await Promise.all(this.#settling.values());
    await this.#dropFree();
  }

  /** Leaves no log behind unless some upload still needs it. */
  async close(): Promise<void> {
    this.#isEnded = true;
    await this.#opening;
    await this.relieve();
    for (const file of this.#needed) await file.close();
  }

  async #openNext(): Promise<void> {
    const closedCount = this.#resting.length + this.#settling.size;
    if (this.#isEnded || closedCount >= CLOSED_AT_ONCE || performance.now() < this.#pausedUntilMs) return;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    await this.#opening;
  }

  async #open(): Promise<void> {
    const { tuning, freeBytes } = this.#tools;
    try {
      const limitBytes = Math.min(tuning.logBytes, (await freeBytes()) * PART_OF_FREE);
      if (limitBytes < LEAST_BYTES) {
        this.#pausedUntilMs = performance.now() + PAUSE_MS;
        return;
      }
      const free = this.#free;
      this.#free = null;
      this.#current = free ?? (await this.#create());
      this.#limitBytes = limitBytes;
    } catch {
      // The uploads' own files tell what is the matter with the disk.
      this.#pausedUntilMs = performance.now() + PAUSE_MS;
      return;
    }
    this.#closeTimer = setTimeout(() => this.#closeCurrent(), tuning.logAfterMs).unref();
  }

  async #create(): Promise<LogFile> {
    const { spoolPath, disk } = this.#tools;
    const file = await LogFile.create(join(spoolPath, logName(++this.#lastNumber)), disk);
    try {
      await syncFolder(spoolPath);
    } catch (error) {
      await file.remove().catch(() => undefined);
      throw error;
    }
    return file;
  }

  #closeCurrent(): void {
    clearTimeout(this.#closeTimer);
    const file = this.#current;
    this.#current = null;
    if (file === null) return;
    const timer = setTimeout(() => this.#settleOldest(), this.#tools.tuning.settleAfterMs).unref();
    this.#resting.push({ file, timer });
    if (this.#resting.length > RESTING_AT_ONCE) this.#settleOldest();
  }

  #settleOldest(): void {
    const oldest = this.#resting.shift();
    if (oldest === undefined) return;
    clearTimeout(oldest.timer);
    for (const file of [oldest.file, ...this.#needed]) this.#settle(file);
  }

  #settle(file: LogFile): void {
    this.#needed.delete(file);
    const settling = this.#tools.checkpoint.settle(file).then(async (isDone) => {
      if (!isDone) this.#needed.add(file);
      else if (file.isBroken || this.#free !== null) await file.remove().catch(() => undefined);
      else {
        file.beginAnew();
        this.#free = file;
      }
      this.#settling.delete(file);
    });
    this.#settling.set(file, settling);
  }

  async #dropFree(): Promise<void> {
    const free = this.#free;
    this.#free = null;
    await free?.remove().catch(() => undefined);
  }
}
