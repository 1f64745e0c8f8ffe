import {
  type CompiledQuery,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawNode,
} from 'kysely';
import { postgresFormOf } from '../../sessions/either-sql.ts';
import type { StoreSchema } from '../../sessions/schema.ts';
import { sessionKysely } from '../session-kysely.ts';

export interface PostgresResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly changedRows: number;
}

/** Where the queries of one session go; they are run in the order of the calls. */
export interface PostgresTarget {
  execute(query: CompiledQuery): Promise<PostgresResult>;
}

class SessionCompiler extends PostgresQueryCompiler {
  protected override visitRaw(node: RawNode): void {
    const form = postgresFormOf(node);
    if (form) this.visitNode(form);
    else super.visitRaw(node);
  }
}

const kyselyFor = sessionKysely({
  createQueryCompiler: () => new SessionCompiler(),
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
});

/** A Kysely whose every query goes to `target`, as inside a transaction. */
export function kyselyOn(target: PostgresTarget): Kysely<StoreSchema> {
  return kyselyFor(async (query) => {
    const { rows, changedRows } = await target.execute(query);
    return { rows: rows as Record<string, unknown>[], numAffectedRows: BigInt(changedRows) };
  });
}
