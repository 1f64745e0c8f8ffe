import type { RecordingId } from '../model/id.ts';
import type { Disk } from './disk.ts';
import { encodeRecord, fillingAfter, type JournalRecord, journalPosition } from './journal-format.ts';

/** So many records make about one block of the journal, and are then written together. */
const RECORDS_AT_ONCE = 64;

/** The end of one upload's journal: records that are safe in the write-ahead log may be written into it later. */
export class JournalTail {
  readonly #id: RecordingId;
  #firstIndex = 0;
  #slots: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(id: RecordingId) {
    this.#id = id;
  }

  /** True when what is kept should be written soon. */
  get isLong(): boolean {
    return this.#slots.length >= RECORDS_AT_ONCE;
  }

  /** Keeps the record that follows the last one; it is safe elsewhere. */
  keep(index: number, record: JournalRecord): void {
    if (this.#slots.length === 0) this.#firstIndex = index;
    this.#slots.push(encodeRecord(this.#id, record));
  }

  /** Writes what is kept. Rejects when the disk refuses; it is then kept still. */
  async writeKept(disk: Disk, descriptor: number): Promise<void> {
    await this.#next(() => this.#write(disk, descriptor, this.#firstIndex, this.#slots));
  }

  /** Writes `record`, which follows the last one, and before it what is kept. */
  async write(disk: Disk, descriptor: number, index: number, record: JournalRecord): Promise<void> {
    await this.#next(() => {
      const slots = [...this.#slots, encodeRecord(this.#id, record)];
      return this.#write(disk, descriptor, index + 1 - slots.length, slots);
    });
  }

  /** One write after the other, for each fills up its last block. */
  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(step);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async #write(disk: Disk, descriptor: number, firstIndex: number, slots: readonly Buffer[]): Promise<void> {
    if (slots.length === 0) return;
    const endIndex = firstIndex + slots.length;
    const pieces = [...slots, fillingAfter(firstIndex, endIndex)];
    await disk.write(descriptor, pieces, journalPosition(firstIndex));
    // Others may have been kept meanwhile.
    this.#slots = this.#slots.slice(Math.max(0, endIndex - this.#firstIndex));
    this.#firstIndex = Math.max(this.#firstIndex, endIndex);
  }
}
