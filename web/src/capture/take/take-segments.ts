import { Segment } from './segment.ts';
import type { SegmentEntry } from './take-manifest.ts';
import type { TakeRecord } from './take-record.ts';
import { findFile, openTakeFolder } from './take-store.ts';

/** The segments of a take whose bytes are at hand, and how many seconds of the take they make. */
export class TakeSegments {
  readonly #record: TakeRecord;
  readonly #open = new Map<number, Segment>();
  readonly #safeBytes = new Map<number, number>();

  constructor(record: TakeRecord) {
    this.#record = record;
  }

  async create(entry: SegmentEntry, folder: FileSystemDirectoryHandle | null): Promise<Segment> {
    const segment = await Segment.create(folder, entry.filename);
    this.#open.set(entry.segment, segment);
    return segment;
  }

  /** A segment that is running or lies on disk, the latter closed for good; null when its file is not there. */
  async open(entry: SegmentEntry): Promise<Segment | null> {
    const known = this.#open.get(entry.segment);
    if (known) return known;
    const folder = await openTakeFolder(this.#record.manifest.takeId);
    if (!(await findFile(folder, entry.filename))) {
      await this.#record.changeSegment(entry.segment, { isComplete: true, sizeBytes: 0, durationSeconds: 0 });
      return null;
    }
    const segment = await Segment.reopen(folder, entry.filename);
    this.#open.set(entry.segment, segment);
    await this.noteCompletion(entry.segment);
    return segment;
  }

  /**
   * When the last segment's audio ended, by the wall clock: what its page noted, else the time of the last byte that
   * was flushed. Null when nobody knows, or the clock was set meanwhile.
   */
  async lastEndMs(): Promise<number | null> {
    const last = this.#record.manifest.segments.at(-1);
    if (!last || last.hasClockChanged) return null;
    if (last.endedAt !== null) return Date.parse(last.endedAt);
    const folder = await openTakeFolder(this.#record.manifest.takeId);
    return (await findFile(folder, last.filename))?.lastModified ?? null;
  }

  /** `endedAt`: when its last sample came, where this page saw it. */
  async noteCompletion(number: number, endedAt: string | null = null): Promise<void> {
    const segment = this.#open.get(number);
    if (!segment) return;
    const { sizeBytes, sha256, totalSeconds, hasAudio } = segment;
    await this.#record.changeSegment(number, {
      isComplete: true,
      sizeBytes,
      sha256,
      // Zero means that there is nothing to keep.
      durationSeconds: hasAudio && totalSeconds === 0 ? null : totalSeconds,
      ...(endedAt === null ? {} : { endedAt }),
    });
  }

  noteAcknowledged(number: number, sizeBytes: number): void {
    this.#safeBytes.set(number, sizeBytes);
    this.#open.get(number)?.release(sizeBytes);
  }

  /** Bytes that only this page's memory holds: the disk did not take them, and the server has them not yet. */
  memoryBytes(): number {
    return [...this.#open.values()].reduce((sum, segment) => sum + segment.memoryBytes, 0);
  }

  /** The part of a segment that only memory holds, as it follows the file; null when some of it was let go. */
  memoryTail(number: number): readonly Uint8Array<ArrayBuffer>[] | null {
    return this.#open.get(number)?.memoryTail ?? null;
  }

  close(number: number): void {
    this.#open.get(number)?.close();
    this.#open.delete(number);
  }

  closeAll(): void {
    for (const number of [...this.#open.keys()]) this.close(number);
  }

  /** Bytes of all segments, here or at the server. */
  sizeBytes(): number {
    return this.#sum((entry, segment) => segment?.sizeBytes ?? entry.sizeBytes ?? 0);
  }

  /** Seconds whose bytes are, or were until they were sent, flushed to this browser's storage. */
  capturedSeconds(): number {
    return this.#sum((entry, segment) => segment?.capturedSeconds ?? entry.durationSeconds ?? 0);
  }

  /** 0 to 1: the bytes that the server has acknowledged. */
  sentShare(): number {
    const sizeBytes = this.sizeBytes();
    const sentBytes = this.#sum((entry) =>
      entry.isSent ? (entry.sizeBytes ?? 0) : (this.#safeBytes.get(entry.segment) ?? 0),
    );
    return sizeBytes === 0 ? 0 : Math.min(1, sentBytes / sizeBytes);
  }

  /** Seconds whose bytes the server has on stable storage. */
  safeSeconds(): number {
    return this.#sum((entry, segment) => {
      if (entry.isSent) return entry.durationSeconds ?? 0;
      return segment?.secondsAt(this.#safeBytes.get(entry.segment) ?? 0) ?? 0;
    });
  }

  #sum(count: (entry: SegmentEntry, segment: Segment | undefined) => number): number {
    return this.#record.manifest.segments.reduce(
      (sum, entry) => sum + count(entry, this.#open.get(entry.segment)),
      0,
    );
  }
}
