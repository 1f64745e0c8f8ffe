import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  DummyDriver,
  type Kysely,
  type QueryResult,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely';
import type { StoreSchema } from '../../sessions/schema.ts';
import { storableValue } from '../../sessions/storable-value.ts';
import type { Statement, StatementResult } from './sqlite-protocol.ts';

/** Where the queries of one session go. */
export interface StatementTarget {
  /** Runs in the order of the calls; `isBatch`: all or none. */
  execute(statements: readonly Statement[], isBatch: boolean): Promise<readonly StatementResult[]>;
}

/** SQLite has one writer at a time and no words for keeping rows. */
class SessionCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier !== 'ForUpdate') super.visitSelectModifier(node);
  }
}

/** Kysely's words for SQLite; its connections are sessions, so the dialect itself opens none. */
const dialect: Dialect = {
  createDriver: () => new DummyDriver(),
  createQueryCompiler: () => new SessionCompiler(),
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: (db) => new SqliteIntrospector(db),
};
const compiler = dialect.createQueryCompiler();
const adapter = dialect.createAdapter();
const driver = dialect.createDriver();

/** A Kysely whose every query goes to `target`, as inside a transaction. */
export function kyselyOn(target: StatementTarget): Kysely<StoreSchema> {
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

export function toStatement(query: CompiledQuery): Statement {
  return { sql: query.sql, parameters: query.parameters.map(storableValue) };
}

class TargetConnection implements DatabaseConnection {
  readonly #target: StatementTarget;

  constructor(target: StatementTarget) {
    this.#target = target;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const [result] = await this.#target.execute([toStatement(query)], false);
    if (!result) return { rows: [] };
    return {
      rows: result.rows as R[],
      numAffectedRows: BigInt(result.changedRows),
      insertId: BigInt(result.insertedRowId),
    };
  }

  /** Rows cross the thread boundary in one message; sessions that walk long tables page by key instead. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}
