import {
  type CompiledQuery,
  type Kysely,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { StoreSchema } from '../../sessions/schema.ts';
import { storableValue } from '../../sessions/storable-value.ts';
import { sessionKysely } from '../session-kysely.ts';
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

const kyselyFor = sessionKysely({
  createQueryCompiler: () => new SessionCompiler(),
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: (db) => new SqliteIntrospector(db),
});

/** A Kysely whose every query goes to `target`, as inside a transaction. */
export function kyselyOn(target: StatementTarget): Kysely<StoreSchema> {
  return kyselyFor(async (query) => {
    const [result] = await target.execute([toStatement(query)], false);
    if (!result) return { rows: [] };
    return {
      rows: namedRows(result),
      numAffectedRows: BigInt(result.changedRows),
      insertId: BigInt(result.insertedRowId),
    };
  });
}

function namedRows({ columns, rows }: StatementResult): Record<string, unknown>[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    columns.forEach((column, index) => {
      row[column] = values[index];
    });
    return row;
  });
}

export function toStatement(query: CompiledQuery): Statement {
  return { sql: query.sql, parameters: query.parameters.map(storableValue) };
}
