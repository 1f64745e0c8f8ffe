import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  DummyDriver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type RawNode,
  Transaction,
} from 'kysely';
import { postgresFormOf } from '../../sessions/either-sql.ts';
import type { StoreSchema } from '../../sessions/schema.ts';

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

/** Kysely's words for PostgreSQL; its connections are sessions, so the dialect itself opens none. */
const dialect: Dialect = {
  createDriver: () => new DummyDriver(),
  createQueryCompiler: () => new SessionCompiler(),
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
};
const compiler = dialect.createQueryCompiler();
const adapter = dialect.createAdapter();
const driver = dialect.createDriver();

/** A Kysely whose every query goes to `target`, as inside a transaction. */
export function kyselyOn(target: PostgresTarget): Kysely<StoreSchema> {
  const connection = new TargetConnection(target);
  return new Transaction<StoreSchema>({
    config: { dialect },
    driver,
    dialect,
    executor: new DefaultQueryExecutor(compiler, adapter, {
      provideConnection: (consumer) => consumer(connection),
    }),
  });
}

class TargetConnection implements DatabaseConnection {
  readonly #target: PostgresTarget;

  constructor(target: PostgresTarget) {
    this.#target = target;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changedRows } = await this.#target.execute(query);
    return { rows: rows as R[], numAffectedRows: BigInt(changedRows) };
  }

  /** Sessions that walk long tables page by key instead. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}
