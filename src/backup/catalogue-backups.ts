import { lstat, mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../durable/folder.ts';
import { namesIn } from '../durable/folder-names.ts';
import { type Clock, toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { type RotationRule, snapshotName, snapshotTimeMs, surplusSnapshots } from './snapshot-rotation.ts';

/** A checked copy of the catalogue. */
export interface Backup {
  /** Name in the folder `backup/`. */
  readonly name: string;
  readonly createdAt: string;
  readonly sizeBytes: number;
}

/** A backup that was just made, and what the rotation let go for it. */
export interface NewBackup extends Backup {
  readonly removed: readonly string[];
}

/** Snapshots of the catalogue, made on demand and once a day while a server runs. */
export interface Backups {
  /** Rejects with `disk-full`, `catalogue-damaged` (nothing counts as a snapshot then) or `storage-failed`. */
  create(): Promise<NewBackup>;
  /** Newest first. */
  list(): Promise<readonly Backup[]>;
}

export interface BackupsDesk {
  readonly folder: string;
  readonly rule: RotationRule;
  readonly clock: Clock;
  /** Writes a checked copy to a path that does not exist; it appears there only when it is whole. */
  snapshot(target: string): Promise<void>;
  readonly onFault: (error: unknown) => void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_LOOK_MS = 60_000;
const LOOK_MS = 60 * 60 * 1000;

export class CatalogueBackups implements Backups {
  readonly #desk: BackupsDesk;
  #running: Promise<NewBackup> | undefined;
  #timers: NodeJS.Timeout[] = [];
  /** By the monotonic clock: a wall clock that was set back must not make one every hour. */
  #lastOwnMs: number | undefined;

  constructor(desk: BackupsDesk) {
    this.#desk = desk;
  }

  create(): Promise<NewBackup> {
    this.#running ??= this.#create().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async list(): Promise<readonly Backup[]> {
    const { folder } = this.#desk;
    const found: Backup[] = [];
    for (const name of await namesIn(folder)) {
      const timeMs = snapshotTimeMs(name);
      const size = (await lstat(join(folder, name)).catch(() => undefined))?.size;
      if (timeMs !== undefined && size !== undefined)
        found.push({ name, createdAt: toIsoUtc(timeMs), sizeBytes: size });
    }
    return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** Makes one a day, from now on until `close()`. */
  startSchedule(): void {
    const look = () => {
      this.createWhenDue().catch(this.#desk.onFault);
    };
    this.#timers = [setTimeout(look, FIRST_LOOK_MS).unref(), setInterval(look, LOOK_MS).unref()];
  }

  /** Makes one when the last one is a day old. Resolves to undefined when none was due. */
  async createWhenDue(): Promise<NewBackup | undefined> {
    const { clock } = this.#desk;
    const isOwnFresh = this.#lastOwnMs !== undefined && clock.monotonicMs() - this.#lastOwnMs < DAY_MS;
    const nowMs = clock.nowMs();
    // Those from the future were made before the clock was set back, and tell nothing about how old the others are.
    const newestMs = (await this.list())
      .map(({ createdAt }) => Date.parse(createdAt))
      .find((timeMs) => timeMs <= nowMs);
    if (isOwnFresh || (newestMs !== undefined && nowMs - newestMs < DAY_MS)) return undefined;
    return await this.create();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#running?.catch(() => undefined);
  }

  async #create(): Promise<NewBackup> {
    const { folder, clock, snapshot, rule } = this.#desk;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const nowMs = clock.nowMs();
    const name = snapshotName(nowMs);
    await snapshot(join(folder, name));
    this.#lastOwnMs = clock.monotonicMs();
    const { size } = await lstat(join(folder, name));
    const removed = surplusSnapshots(await namesIn(folder), rule).filter((surplus) => surplus !== name);
    try {
      for (const surplus of removed) await unlink(join(folder, surplus));
      if (removed.length > 0) await syncFolder(folder);
    } catch (cause) {
      throw new VoiceRecorderError('storage-failed', `An old snapshot in ${folder} could not be removed.`, {
        cause,
      });
    }
    return { name, createdAt: toIsoUtc(nowMs), sizeBytes: size, removed };
  }
}
