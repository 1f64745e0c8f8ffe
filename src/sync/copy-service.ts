import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyLedger } from '../catalogue/copy-ledger.ts';
import type { CopyReport } from '../catalogue/copy-report.ts';
import type { Clock } from '../model/clock.ts';
import type { Copy, CopyFault, CopyProgress, TargetReport } from '../model/copy.ts';
import { failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { Copies, CopyQuery, SyncOptions, SyncPlan, SyncSummary } from './copies.ts';
import type { CopyTarget } from './copy-target.ts';
import { expectMarker } from './far-marker.ts';
import type { SendDesk } from './send-copy.ts';
import type { Target, TargetBook } from './target-book.ts';
import { addressOf, type TargetPlace } from './target-place.ts';
import { faultOf, type Round, type RoundOptions, TargetSync } from './target-sync.ts';
import { type TargetTrial, testTarget } from './test-target.ts';

export interface CopyServiceDesk extends Pick<SendDesk, 'localPath' | 'describe'> {
  readonly storeId: string;
  readonly clock: Clock;
  readonly book: TargetBook;
  readonly ledger: CopyLedger;
  readonly report: CopyReport;
  /** For small files of a moment. */
  readonly scratchFolder: string;
  openTarget(place: TargetPlace): CopyTarget;
  onProgress(progress: CopyProgress): void;
  /** A target had not what was looked for there. */
  onFault(target: Target, fault: CopyFault): void;
}

interface RoundWish extends RoundOptions {
  readonly onProgress?: SyncOptions['onProgress'] | undefined;
  /** Copies that nobody read since then are read again. */
  readonly recheckBefore?: string;
}

const LISTED = 100;

/** All targets of a store: what they owe, how they stand, and the sending itself. */
export class CopyService implements Copies {
  readonly #desk: CopyServiceDesk;
  readonly #faults = new Map<string, CopyFault>();
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(desk: CopyServiceDesk) {
    this.#desk = desk;
  }

  async targets(): Promise<readonly TargetReport[]> {
    const { book, report } = this.#desk;
    return await Promise.all(
      book.list().map(async (target) => ({
        name: target.name,
        url: addressOf(target.place),
        kind: target.place.kind,
        ...(await report.summary(target)),
        fault: this.#faults.get(target.id) ?? null,
      })),
    );
  }

  async list({ target, limit = LISTED, ...filter }: CopyQuery = {}): Promise<readonly Copy[]> {
    const lists = this.#chosen(target).map((one) => this.#desk.report.list(one, { ...filter, limit }));
    return (await Promise.all(lists)).flat();
  }

  async sync({ target, ids, signal, onProgress }: SyncOptions = {}): Promise<SyncSummary> {
    const rounds = this.#chosen(target).map(async (one) => {
      if (ids === undefined) await this.survey(one);
      else for (const id of ids) await this.#desk.ledger.owe(one, id);
      const round = await this.round(one, { ...(ids && { ids }), signal, onProgress });
      return { target: one.name, ...round };
    });
    const ended = await Promise.all(rounds);
    if (signal?.aborted)
      throw new VoiceRecorderError(
        'interrupted',
        'Copying was stopped; it goes on with the next "vrp sync".',
      );
    return {
      verified: ended.reduce((sum, { verified }) => sum + verified, 0),
      failed: ended.reduce((sum, { failed }) => sum + failed, 0),
      faults: ended.flatMap(({ target: name, fault }) =>
        fault === null ? [] : [{ target: name, ...fault }],
      ),
    };
  }

  async plan({ target }: Pick<SyncOptions, 'target'> = {}): Promise<SyncPlan> {
    const plan = { copies: 0, bytes: 0 };
    for (const one of this.#chosen(target)) {
      await this.survey(one);
      const { copies, owedBytes } = await this.#desk.report.summary(one);
      plan.copies += copies.owed + copies.sending + copies.sent + copies.stale + copies.failed;
      plan.bytes += owedBytes;
    }
    return plan;
  }

  async retry({
    target,
    ids,
  }: {
    readonly target?: string;
    readonly ids?: readonly RecordingId[];
  } = {}): Promise<number> {
    const counts = this.#chosen(target).map((one) => this.#desk.ledger.retry(one, ids));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async test(name: string): Promise<readonly TargetTrial[]> {
    const { place } = this.#desk.book.get(name);
    const far = this.#desk.openTarget(place);
    try {
      return await testTarget(far, this.#desk.scratchFolder);
    } finally {
      await far.close();
    }
  }

  /**
   * Fetches the bytes of a recording from a verified copy into a synced file of the scratch folder; undefined where no copy
   * has them. Goes on with what an earlier call left there.
   */
  async fetch(
    { id, checksum }: Pick<Recording, 'id' | 'checksum'>,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const path = join(this.#desk.scratchFolder, `copy-of-${id}`);
    for (const target of this.#desk.book.list()) {
      const [copy] = await this.#desk.report.list(target, { recordingId: id, limit: 1 });
      if (copy?.verifiedAt == null) continue;
      const far = this.#desk.openTarget(target.place);
      const end = () => void far.close();
      signal?.addEventListener('abort', end);
      try {
        const found = await far.fetch(copy.storedFilename, path);
        if (found.checksum === checksum) return path;
        await rm(path, { force: true });
      } catch (error) {
        if (signal?.aborted || failureCodeOf(error) === 'disk-full') throw error;
        this.#desk.onFault(target, faultOf(error));
      } finally {
        signal?.removeEventListener('abort', end);
        await far.close();
      }
    }
    return undefined;
  }

  /** Enters what the target owes every recording of the store. */
  async survey(target: Target): Promise<void> {
    for (let place: string | undefined = ''; place !== undefined; )
      place = await this.#desk.ledger.survey(target, place);
  }

  /** One round at a time at each target: no two send the same recording. */
  async round(target: Target, options: RoundWish): Promise<Round> {
    for (let other = this.#running.get(target.id); other; other = this.#running.get(target.id)) await other;
    const running = this.#round(target, options);
    const settled = running.catch(() => undefined);
    this.#running.set(target.id, settled);
    void settled.then(() => this.#running.delete(target.id));
    return await running;
  }

  async #round(target: Target, { ids, signal, onProgress, recheckBefore }: RoundWish): Promise<Round> {
    const { clock, ledger, localPath, describe, storeId } = this.#desk;
    const far = this.#desk.openTarget(target.place);
    // What is under way ends at once, and goes on from there another time.
    const end = () => void far.close();
    signal?.addEventListener('abort', end);
    try {
      const sync = new TargetSync({
        clock,
        ledger,
        target,
        far,
        localPath,
        describe,
        expectMarker: () => expectMarker(far, target, storeId),
        oldest: (before, limit) => this.#desk.report.oldestVerified(target, before, limit),
        onProgress: (progress) => {
          onProgress?.(progress);
          this.#desk.onProgress(progress);
        },
      });
      const sent = await sync.round({ ...(ids && { ids }), signal });
      const isRechecked = recheckBefore !== undefined && sent.fault === null;
      const round = isRechecked ? { ...sent, fault: await sync.recheck(recheckBefore, signal) } : sent;
      if (round.fault === null) this.#faults.delete(target.id);
      else if (!signal?.aborted) this.#faults.set(target.id, round.fault);
      return round;
    } finally {
      signal?.removeEventListener('abort', end);
      await far.close();
    }
  }

  #chosen(name: string | undefined): readonly Target[] {
    return name === undefined ? this.#desk.book.list() : [this.#desk.book.get(name)];
  }
}
