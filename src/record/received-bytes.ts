import { createHash, type Hash } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import type { RecordingId } from '../model/id.ts';
import type { Disk } from './disk.ts';
import type { GroupSync } from './group-sync.ts';
import { encodeRecord, type JournalRecord, journalPosition } from './journal-format.ts';
import type { UploadDescriptors } from './open-descriptors.ts';
import type { UploadsTuning } from './uploads-desk.ts';

export interface ReceivingTools {
  readonly disk: Disk;
  readonly sync: GroupSync;
  readonly clock: Clock;
  readonly tuning: UploadsTuning;
}

export interface ReceivingPlace {
  readonly id: RecordingId;
  readonly descriptors: UploadDescriptors;
  /** Where the bytes go: the end of what is journalled. */
  readonly offsetBytes: number;
  /** Records the journal holds already. */
  readonly recordCount: number;
  /** Bytes up to `endBytes` are on stable storage, with their record. */
  onJournalled(endBytes: number): void;
}

/** Pieces smaller than this are not worth many of them: each costs an entry in the kernel's list. */
const PIECES_AT_ONCE = 256;
/**
 * A body that counts as a whole is journalled at its end only. Its write-back is begun every so many bytes, so that
 * the sync before the answer has little left to do: chunks of 8 MiB go 1.7 times as fast.
 */
const WRITE_BACK_BYTES = 3 * 1024 * 1024;

interface Segment {
  readonly startBytes: number;
  lengthBytes: number;
  hash: Hash;
}

/** The end of what is safely written but not yet journalled: what can be kept when the disk is full. */
interface WrittenPart {
  readonly startBytes: number;
  readonly lengthBytes: number;
  readonly hash: Hash;
}

/**
 * Takes the bytes of one body: gathers socket pieces into writes, hashes them as they pass, appends journal records
 * and has both files synced. All disk work is done one step after the other; receiving goes on meanwhile, up to
 * a bound. A record is written after its bytes, and `onJournalled` is called after both are synced.
 */
export class ReceivedBytes {
  readonly #tools: ReceivingTools;
  readonly #place: ReceivingPlace;
  readonly #isAllOrNothing: boolean;
  #segment: Segment;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #queuedBytes = 0;
  #endBytes: number;
  #recordCount: number;
  #recordedBytes: number;
  #written: WrittenPart | null = null;
  #writeBackBytes = 0;
  #steps: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown; readonly isSync: boolean } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(tools: ReceivingTools, place: ReceivingPlace, isAllOrNothing: boolean) {
    this.#tools = tools;
    this.#place = place;
    this.#isAllOrNothing = isAllOrNothing;
    this.#segment = { startBytes: place.offsetBytes, lengthBytes: 0, hash: createHash('sha256') };
    this.#endBytes = place.offsetBytes;
    this.#recordedBytes = place.offsetBytes;
    this.#recordCount = place.recordCount;
  }

  /** Where the next byte would go. */
  get endBytes(): number {
    return this.#endBytes;
  }

  /** True when a sync failed: neither file may be trusted beyond what was journalled before, nor synced again. */
  get hasSyncFailed(): boolean {
    return this.#failure?.isSync === true;
  }

  /** Takes a piece of at most a few MiB; resolves when there is room for the next. Rejects when the disk failed. */
  accept(piece: Buffer): Promise<void> | undefined {
    this.#throwFailure();
    this.#segment.hash.update(piece);
    this.#segment.lengthBytes += piece.length;
    this.#endBytes += piece.length;
    this.#gathered.push(piece);
    this.#gatheredBytes += piece.length;
    if (this.#isAllOrNothing) this.#beginWriteBack(piece.length);
    else if (this.#segment.lengthBytes >= this.#tools.tuning.journalBytes) this.#journalSegment();
    else this.#timer ??= setTimeout(() => this.#journalSegment(), this.#tools.tuning.journalAfterMs);
    const isMuch = this.#gatheredBytes >= this.#tools.tuning.writeBytes;
    if (isMuch || this.#gathered.length >= PIECES_AT_ONCE) this.#writeGathered();
    return this.#queuedBytes > 4 * this.#tools.tuning.writeBytes ? this.#settleSteps() : undefined;
  }

  /** SHA-256 of all bytes accepted; only for a body that counts as a whole, whose segment is never closed before. */
  wholeDigest(): string {
    return this.#segment.hash.copy().digest('hex');
  }

  /** Journals what is left. Resolves when all accepted bytes are safe; rejects with what the disk said. */
  async finish(): Promise<void> {
    this.#journalSegment();
    await this.#settleSteps();
    await this.#settleSync();
  }

  /** Lets go of bytes that are not to be journalled. Resolves when no step is under way any more. */
  async abandon(): Promise<void> {
    this.#stopTimer();
    await this.#steps;
    await Promise.allSettled([this.#syncing]);
  }

  /** After a full disk: journals the part of the last segment that is written. Never rejects. */
  async keepWritten(): Promise<void> {
    await this.abandon();
    const part = this.#written;
    if (this.hasSyncFailed || part === null || part.startBytes !== this.#recordedBytes) return;
    this.#failure = null;
    this.#queueRecord(part.startBytes, part.lengthBytes, part.hash.digest());
    await this.#settleSteps().catch(() => undefined);
    await this.#settleSync().catch(() => undefined);
  }

  #writeGathered(): void {
    if (this.#gatheredBytes === 0) return;
    const pieces = this.#gathered;
    const bytes = this.#gatheredBytes;
    const position = this.#endBytes - bytes;
    const { startBytes, lengthBytes, hash } = this.#segment;
    const part = this.#isAllOrNothing ? null : { startBytes, lengthBytes, hash: hash.copy() };
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#queuedBytes += bytes;
    this.#queue(async () => {
      await this.#tools.disk.write(this.#place.descriptors.data, pieces, position);
      this.#queuedBytes -= bytes;
      this.#written = part;
    });
  }

  #journalSegment(): void {
    this.#stopTimer();
    this.#writeGathered();
    const { startBytes, lengthBytes, hash } = this.#segment;
    if (lengthBytes === 0) return;
    this.#segment = { startBytes: this.#endBytes, lengthBytes: 0, hash: createHash('sha256') };
    this.#queueRecord(startBytes, lengthBytes, hash.digest());
  }

  #queueRecord(offsetBytes: number, lengthBytes: number, sha256: Buffer): void {
    this.#queue(async () => {
      // One sync of an upload is under way at a time, so that at most one record is ever in doubt.
      await this.#settleSync();
      const { id, descriptors, onJournalled } = this.#place;
      const record: JournalRecord = {
        offsetBytes,
        lengthBytes,
        sha256,
        receivedAtMs: this.#tools.clock.nowMs(),
      };
      const bytes = encodeRecord(id, this.#recordCount, record);
      await this.#tools.disk.write(descriptors.journal, [bytes], journalPosition(this.#recordCount));
      this.#recordCount++;
      this.#recordedBytes = offsetBytes + lengthBytes;
      this.#startSync([descriptors.data, descriptors.journal], () => onJournalled(offsetBytes + lengthBytes));
    });
  }

  #beginWriteBack(bytes: number): void {
    this.#writeBackBytes += bytes;
    if (this.#writeBackBytes < WRITE_BACK_BYTES) return;
    this.#writeBackBytes = 0;
    this.#queue(async () => {
      await this.#settleSync();
      this.#startSync([this.#place.descriptors.data], () => undefined);
    });
  }

  #startSync(descriptors: readonly number[], then: () => void): void {
    this.#syncing = this.#tools.sync.sync(...descriptors).then(then, (error: unknown) => {
      this.#failure = { error, isSync: true };
    });
  }

  #queue(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(async () => {
      if (this.#failure !== null) return;
      try {
        await step();
      } catch (error) {
        this.#failure ??= { error, isSync: false };
      }
    });
  }

  async #settleSteps(): Promise<void> {
    await this.#steps;
    this.#throwFailure();
  }

  async #settleSync(): Promise<void> {
    await this.#syncing;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
