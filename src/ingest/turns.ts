import type { RecordingId } from '../model/id.ts';

/** Lets work on one recording wait for the work on it that is under way; different ones go side by side. */
export class Turns {
  readonly #last = new Map<RecordingId, Promise<unknown>>();

  async take<T>(id: RecordingId, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(id) === mine) this.#last.delete(id);
    }
  }
}
