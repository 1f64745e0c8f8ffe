import { type Kysely, type RawBuilder, sql } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { SessionOptions } from '../sessions/database-sessions.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import type { SessionFrame } from './session-frame.ts';

/** Runs `work` in a frame of its own inside `outer`, when those that joined before it are done. */
export async function joinSession<T>(
  outer: SessionFrame,
  options: SessionOptions,
  work: (frame: SessionFrame) => Promise<T>,
  onRollback: () => void,
): Promise<T> {
  const name = options.name ?? outer.name;
  const isReadonly = options.readonly ?? false;
  if (outer.request.isReadonly && !isReadonly) {
    throw new VoiceRecorderError(
      'session-write-boundary',
      `The session "${name}" wants to write inside "${outer.name}", which only reads. ` +
        'Open the outer one for writing, or write after it.',
    );
  }
  const before = outer.lastJoined;
  const turn = Promise.withResolvers<void>();
  outer.lastJoined = turn.promise;
  await before;
  try {
    const frame = outer.inner(name);
    return await (isReadonly ? work(frame) : runUndoable(frame, work, onRollback));
  } finally {
    turn.resolve();
  }
}

async function runUndoable<T>(
  frame: SessionFrame,
  work: (frame: SessionFrame) => Promise<T>,
  onRollback: () => void,
): Promise<T> {
  const { db } = frame.session;
  const savepoint = sql.id(`joined_${frame.depth}`);
  await sql`SAVEPOINT ${savepoint}`.execute(db);
  try {
    const result = await work(frame);
    await sql`RELEASE SAVEPOINT ${savepoint}`.execute(db);
    return result;
  } catch (error) {
    onRollback();
    await undo(db, savepoint);
    throw error;
  }
}

/** Harmless when the whole session is gone already: then there is nothing left to undo. */
async function undo(db: Kysely<StoreSchema>, savepoint: RawBuilder<unknown>): Promise<void> {
  try {
    await sql`ROLLBACK TO SAVEPOINT ${savepoint}`.execute(db);
    await sql`RELEASE SAVEPOINT ${savepoint}`.execute(db);
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
  }
}
