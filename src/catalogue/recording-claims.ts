import type { CompiledQuery, Kysely } from 'kysely';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { DatabaseSessions, SessionContext } from '../sessions/database-sessions.ts';
import { forChange } from '../sessions/for-change.ts';
import type { StoreSchema } from '../sessions/schema.ts';
import { WritesTogether } from '../sessions/writes-together.ts';
import { insertAll } from './json-rows.ts';
import { freeRowKeys } from './recording-index.ts';
import { checkStorable, type RecordingRow, toColumns, toRecording } from './recording-row.ts';
import { keysWithIdOrPath, originalsOf } from './rivals.ts';

export type ClaimOutcome =
  | { readonly outcome: 'claimed' }
  /** Another recording (or this very one, finished before) already stands for these bytes. */
  | { readonly outcome: 'taken'; readonly by: Recording };

export interface Claim {
  readonly recording: Recording;
  readonly isDeduplicated: boolean;
}

/** Claims share a session with those that wait at the same time, as with the files of a large import. */
export function claimingTogether(
  sessions: DatabaseSessions,
  home: string,
): (claim: Claim) => Promise<ClaimOutcome> {
  const claimAll = (db: Kysely<StoreSchema>, context: SessionContext, wanted: readonly Claim[]) =>
    claimRows(db, context, wanted, home);
  // A take that was recorded ends whatever the room; files can wait where they are.
  const files = new WritesTogether(sessions, { name: 'claim', checkDiskSpace: true }, claimAll);
  const others = new WritesTogether(sessions, { name: 'claim' }, claimAll);
  return (claim) => (claim.recording.kind === 'file' ? files : others).run(claim);
}

/** Claims of which each is judged as if those before it had been made already. */
async function claimRows(
  db: Kysely<StoreSchema>,
  context: SessionContext,
  wanted: readonly Claim[],
  home: string,
): Promise<readonly ClaimOutcome[]> {
  const claims = wanted.map((claim) => ({ ...claim, recording: checkStorable(claim.recording) }));
  const outcomes = new Map<Claim, ClaimOutcome>();
  for (let left: readonly Claim[] = claims; left.length > 0; ) {
    const { apart, rivals } = withoutRivals(left);
    await claimApart(db, context, apart, outcomes, home);
    left = rivals;
  }
  return claims.map((claim) => outcomes.get(claim) ?? { outcome: 'claimed' });
}

/** Takes out, in their order, claims of which none is after what another one wants. */
function withoutRivals(claims: readonly Claim[]): { apart: readonly Claim[]; rivals: readonly Claim[] } {
  const wanted = new Set<string>();
  const rivals: Claim[] = [];
  const apart = claims.filter((claim) => {
    const { id, storedFilename, checksum } = claim.recording;
    const keys = [
      `id ${id}`,
      `path ${storedFilename}`,
      ...(claim.isDeduplicated ? [`bytes ${checksum}`] : []),
    ];
    const isRival = keys.some((key) => wanted.has(key));
    for (const key of keys) wanted.add(key);
    if (isRival) rivals.push(claim);
    return !isRival;
  });
  return { apart, rivals };
}

async function claimApart(
  db: Kysely<StoreSchema>,
  { batch }: SessionContext,
  claims: readonly Claim[],
  outcomes: Map<Claim, ClaimOutcome>,
  home: string,
): Promise<void> {
  const recordings = claims.map(({ recording }) => recording);
  const [rows, keyOf] = await Promise.all([readRivals(db, claims, home), freeRowKeys(db, recordings)]);
  const added: Parameters<typeof insertAll<'recordings'>>[2][number][] = [];
  const updates: CompiledQuery[] = [];
  for (const claim of claims) {
    const { recording } = claim;
    const own = rows.find((row) => row.id === recording.id);
    const outcome = judge(claim, own, rows);
    outcomes.set(claim, outcome);
    if (outcome.outcome === 'taken') continue;
    const columns = {
      ...toColumns({ ...recording, status: 'placing' }),
      is_deduplicated: claim.isDeduplicated ? 1 : 0,
    };
    // The same upload claims again after a crash: what it knows now replaces what it knew then.
    if (own)
      updates.push(db.updateTable('recordings').set(columns).where('row_key', '=', own.row_key).compile());
    else added.push({ ...columns, store_id: home, row_key: keyOf(recording) });
  }
  const queries = [...updates, ...insertAll(db, 'recordings', added)];
  if (queries.length > 0) await batch(queries);
}

function readRivals(
  db: Kysely<StoreSchema>,
  claims: readonly Claim[],
  home: string,
): Promise<RecordingRow[]> {
  const recordings = claims.map(({ recording }) => recording);
  const checksums = claims
    .filter(({ isDeduplicated }) => isDeduplicated)
    .map(({ recording }) => recording.checksum);
  const rivals = keysWithIdOrPath(db, recordings).unionAll(
    originalsOf(db, checksums, home).select('row_key'),
  );
  return forChange(db.selectFrom('recordings').selectAll().where('row_key', 'in', rivals)).execute();
}

function judge(
  { recording, isDeduplicated }: Claim,
  own: RecordingRow | undefined,
  rows: readonly RecordingRow[],
): ClaimOutcome {
  if (own && own.status !== 'placing') return { outcome: 'taken', by: toRecording(own) };
  const others = rows.filter((row) => row.id !== recording.id);
  const namesake = others.find((row) => row.stored_filename === recording.storedFilename);
  const twin = others.find(
    (row) =>
      row !== namesake && isDeduplicated && row.is_deduplicated === 1 && row.checksum === recording.checksum,
  );
  if (twin) return { outcome: 'taken', by: toRecording(twin) };
  if (namesake) throw nameTaken(recording, namesake.id);
  return { outcome: 'claimed' };
}

function nameTaken(recording: Recording, otherId: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'blob-exists',
    `Recording ${recording.id} cannot be stored as ${recording.storedFilename}: recording ${otherId} lies there.`,
  );
}
