import type { Clock } from '../model/clock.ts';
import { newSegment, type Segment, takeInto, type Unrecorded, type WrittenPart } from './body-segment.ts';
import type { Disk } from './disk.ts';
import type { GroupSync } from './group-sync.ts';
import type { JournalRecord } from './journal-format.ts';
import type { JournalTail } from './journal-tail.ts';
import type { UploadDescriptors } from './open-descriptors.ts';
import { giveBack } from './spent-pieces.ts';
import type { UploadsTuning } from './uploads-desk.ts';

export interface ReceivingTools {
  readonly disk: Disk;
  readonly sync: GroupSync;
  readonly clock: Clock;
  readonly tuning: UploadsTuning;
}

export interface DigestOfAll {
  /** The bytes up to here are written and will be asked for: hashing may begin. */
  follow(endBytes: number): void;
  of(endBytes: number): Promise<Buffer>;
}

export interface ReceivingPlace {
  readonly descriptors: UploadDescriptors;
  /** Where the bytes go: the end of what is journalled. */
  readonly offsetBytes: number;
  /** Records the journal holds already. */
  readonly recordCount: number;
  readonly journalTail: JournalTail;
  /**
   * Makes the SHA-256 of all bytes of the file up to some end, once they are written, elsewhere than on this
   * thread. Null: the bytes of this body are hashed here as they pass, which is quicker for few of them.
   */
  readonly digestOfAll: DigestOfAll | null;
  /**
   * Makes a record safe together with its bytes, without the upload's own files; false when these have to be synced
   * after all. Null: a long body, whose bytes are written only once.
   */
  readonly log:
    | ((recordIndex: number, record: JournalRecord, pieces: readonly Buffer[]) => Promise<boolean>)
    | null;
  /** True when nobody but us can have the pieces that come, and they are needed no more once they are written. */
  readonly ownsPieces: boolean;
  /** True when somebody else's sync of these files failed. */
  isDistrusted(): boolean;
  /** Bytes up to `endBytes` are on stable storage, with their record. */
  onJournalled(endBytes: number): void;
}

/** Pieces smaller than this are not worth many of them: each costs an entry in the kernel's list. */
const PIECES_AT_ONCE = 256;
/**
 * Write-back is begun every so many bytes, so that the sync before the answer has little left to do: chunks of 8 MiB
 * go 1.7 times as fast.
 */
const WRITE_BACK_BYTES = 3 * 1024 * 1024;

/** Unless the disk keeps up, receiving waits: what is not journalled would be lost with the connection and the power. */
const UNRECORDED_AT_ONCE = 4;

/**
 * Takes the bytes of one body: gathers socket pieces into writes, hashes them as they pass, appends journal records
 * and has both files synced. Writes follow one another, and so do records with their syncs; receiving and writing go on
 * while an earlier record is synced. A record is written after its bytes, and `onJournalled` is called after both are synced.
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
  #unrecorded: Unrecorded[] = [];
  #writeBackBytes = 0;
  /** True as long as every write so far reached the file. */
  #writes: Promise<boolean> = Promise.resolve(true);
  #records: Promise<boolean> = Promise.resolve(true);
  #syncing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown; readonly isSync: boolean } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(tools: ReceivingTools, place: ReceivingPlace, isAllOrNothing: boolean) {
    this.#tools = tools;
    this.#place = place;
    this.#isAllOrNothing = isAllOrNothing;
    this.#segment = this.#newSegment(place.offsetBytes);
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
    takeInto(this.#segment, piece);
    this.#endBytes += piece.length;
    this.#gathered.push(piece);
    this.#gatheredBytes += piece.length;
    this.#beginWriteBack(piece.length);
    const isLong = this.#segment.lengthBytes >= this.#tools.tuning.journalBytes;
    if (!this.#isAllOrNothing && isLong) this.#journalSegment();
    else if (!this.#isAllOrNothing)
      this.#timer ??= setTimeout(() => this.#journalSegment(), this.#tools.tuning.journalAfterMs);
    const isMuch = this.#gatheredBytes >= this.#tools.tuning.writeBytes;
    if (isMuch || this.#gathered.length >= PIECES_AT_ONCE) this.#writeGathered();
    if (this.#unrecorded.length > UNRECORDED_AT_ONCE) return this.#settleRecords();
    return this.#queuedBytes > 4 * this.#tools.tuning.writeBytes ? this.#settleWrites() : undefined;
  }

  /** SHA-256 of all bytes accepted; only for a body that counts as a whole, whose segment is never closed before. */
  wholeDigest(): string | undefined {
    return this.#segment.hash?.copy().digest('hex');
  }

  /** Journals what is left. Resolves when all accepted bytes are safe; rejects with what the disk said. */
  async finish(): Promise<void> {
    this.#journalSegment();
    await this.#settleRecords();
  }

  /** Lets go of bytes that are not to be journalled. Resolves when no step is under way any more. */
  async abandon(): Promise<void> {
    this.#stopTimer();
    await this.#writes;
    await this.#records;
    await this.#syncing;
  }

  /** After a full disk: journals what is written, up to the part of the last segment. Never rejects. */
  async keepWritten(): Promise<void> {
    await this.abandon();
    if (this.hasSyncFailed) return;
    const waiting = this.#unrecorded;
    const part = this.#written;
    this.#unrecorded = [];
    this.#failure = null;
    this.#records = Promise.resolve(true);
    for (const one of waiting) if (await one.written) this.#queueRecord(one);
    await this.#records;
    if (part !== null && part.startBytes === this.#recordedBytes) {
      this.#queueRecord({ ...part, pieces: null, written: Promise.resolve(true) });
    }
    await this.#settleRecords().catch(() => undefined);
  }

  #newSegment(startBytes: number): Segment {
    const { log, digestOfAll } = this.#place;
    return newSegment(startBytes, log !== null, digestOfAll === null);
  }

  #writeGathered(): void {
    if (this.#gatheredBytes === 0) return;
    const pieces = this.#gathered;
    const bytes = this.#gatheredBytes;
    const position = this.#endBytes - bytes;
    const { startBytes, lengthBytes, hash } = this.#segment;
    const part = this.#isAllOrNothing ? null : { startBytes, lengthBytes, hash: hash?.copy() ?? null };
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#queuedBytes += bytes;
    this.#writes = this.#after(this.#writes, null, async () => {
      await this.#tools.disk.write(this.#place.descriptors.data, pieces, position);
      this.#queuedBytes -= bytes;
      if (this.#place.ownsPieces) giveBack(pieces);
      this.#written = part;
      this.#place.digestOfAll?.follow(position + bytes);
    });
  }

  #journalSegment(): void {
    this.#stopTimer();
    this.#writeGathered();
    const segment = this.#segment;
    if (segment.lengthBytes === 0) return;
    this.#segment = this.#newSegment(this.#endBytes);
    this.#queueRecord({ ...segment, written: this.#writes });
  }

  #queueRecord(unrecorded: Unrecorded): void {
    const { startBytes, lengthBytes, pieces } = unrecorded;
    const endBytes = startBytes + lengthBytes;
    this.#unrecorded.push(unrecorded);
    const digest = this.#digestOf(unrecorded);
    this.#records = this.#after(this.#records, unrecorded.written, async () => {
      const { descriptors, onJournalled, digestOfAll, log, journalTail } = this.#place;
      const covers = digestOfAll === null ? 'piece' : 'all';
      const sha256 = await digest;
      if (sha256 === undefined) throw new Error('Nobody hashed these bytes.');
      const receivedAtMs = this.#tools.clock.nowMs();
      const record = { offsetBytes: startBytes, lengthBytes, sha256, covers, receivedAtMs } as const;
      const index = this.#recordCount;
      const isLogged = pieces !== null && (await log?.(index, record, pieces)) === true;
      if (isLogged) journalTail.keep(index, record);
      else await journalTail.write(this.#tools.disk, descriptors.journal, index, record);
      this.#unrecorded.shift();
      this.#recordCount++;
      this.#recordedBytes = endBytes;
      if (isLogged) onJournalled(endBytes);
      else this.#startSync([descriptors.data, descriptors.journal], () => onJournalled(endBytes));
      // The log has them; a journal that cannot be written now is written later.
      if (journalTail.isLong)
        await journalTail.writeKept(this.#tools.disk, descriptors.journal).catch(() => undefined);
    });
  }

  /** Begun as soon as the bytes are written, while records before this one are still being synced. */
  #digestOf({ startBytes, lengthBytes, hash, written }: Unrecorded): Promise<Buffer | undefined> {
    const { digestOfAll } = this.#place;
    if (digestOfAll === null) return Promise.resolve(hash?.copy().digest());
    const digest = written.then((isThere) =>
      isThere ? digestOfAll.of(startBytes + lengthBytes) : undefined,
    );
    // Whoever writes the record hears of a failure.
    digest.catch(() => undefined);
    return digest;
  }

  #beginWriteBack(bytes: number): void {
    this.#writeBackBytes += bytes;
    if (this.#writeBackBytes < WRITE_BACK_BYTES) return;
    this.#writeBackBytes = 0;
    this.#records = this.#after(this.#records, this.#writes, async () => {
      this.#startSync([this.#place.descriptors.data], () => undefined);
    });
  }

  #startSync(descriptors: readonly number[], then: () => void): void {
    const work = async (): Promise<void> => {
      await this.#tools.sync.sync(...descriptors);
      if (this.#place.isDistrusted()) throw new Error('An earlier sync of the same files failed.');
    };
    this.#syncing = work().then(then, (error: unknown) => {
      this.#failure = { error, isSync: true };
    });
  }

  /**
   * `step`, once what went before it and the writes it speaks of succeeded. One sync of an upload is under way at a
   * time, so that at most one record is ever in doubt; a write does not wait for syncs.
   */
  async #after(
    before: Promise<boolean>,
    written: Promise<boolean> | null,
    step: () => Promise<void>,
  ): Promise<boolean> {
    if (!(await before) || (written !== null && !(await written))) return false;
    if (written !== null) await this.#syncing;
    if (this.hasSyncFailed) return false;
    try {
      await step();
      return true;
    } catch (error) {
      this.#failure ??= { error, isSync: false };
      return false;
    }
  }

  async #settleWrites(): Promise<void> {
    await this.#writes;
    this.#throwFailure();
  }

  async #settleRecords(): Promise<void> {
    await this.#writes;
    await this.#records;
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
