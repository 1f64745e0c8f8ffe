import { randomBytes } from 'node:crypto';
import type { QueryConfig } from 'pg';

/**
 * What a write session leaves in the database as the sign of its commit: a row of `session_marks` that only its own
 * connection ever writes. When a connection breaks during COMMIT, the row tells whether it counted. The number of the
 * transaction would not do: after a crash of the server it may be given to another one.
 */
export interface SessionMark {
  readonly slot: string;
  readonly mark: string;
}

/** Gives out rows to connections, so that there are never more of them than connections were open at a time. */
export class MarkSlots {
  /** Names this process among those that write. */
  readonly process = randomBytes(12).toString('hex');
  readonly #free: number[] = [];
  readonly #taken = new WeakMap<object, number>();
  #count = 0;

  /** A mark for the next session on `connection`. */
  next(connection: object): SessionMark {
    let slot = this.#taken.get(connection);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#count++;
      this.#taken.set(connection, slot);
    }
    return { slot: `${this.process}-${slot}`, mark: randomBytes(12).toString('hex') };
  }

  /** The connection is closed, and what its last commit came to is known. */
  release(connection: object): void {
    const slot = this.#taken.get(connection);
    if (slot === undefined) return;
    this.#taken.delete(connection);
    this.#free.push(slot);
  }
}

/** For a row that is there, which is nearly always so; else nothing is changed and {@link makeMark} is needed. */
export function leaveMark({ slot, mark }: SessionMark): QueryConfig {
  return {
    name: 'leave mark',
    text: 'UPDATE session_marks SET mark = $1, used_at = now() WHERE slot = $2',
    values: [mark, slot],
  };
}

/** Keeps the row until the session ends, so that whoever reads it to change it waits for that. */
export function makeMark({ slot, mark }: SessionMark): string {
  return (
    `INSERT INTO session_marks (slot, mark, used_at) VALUES ('${slot}', '${mark}', now()) ` +
    'ON CONFLICT (slot) DO UPDATE SET mark = excluded.mark, used_at = excluded.used_at'
  );
}

/** Waits for a session that still holds the row, also one that only now makes it; to be rolled back. */
export const READ_MARK = `INSERT INTO session_marks (slot, mark, used_at) VALUES ($1, '', now())
  ON CONFLICT (slot) DO UPDATE SET used_at = session_marks.used_at RETURNING mark`;

/** Rows of programs that ended long ago. */
export const FORGET_MARKS = "DELETE FROM session_marks WHERE used_at < now() - interval '2 days'";
