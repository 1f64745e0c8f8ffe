import { type Expression, type OperationNode, type RawBuilder, type RawNode, sql } from 'kysely';

/** A piece of SQL in the words of SQLite that carries the same in the words of PostgreSQL. */
interface TwoWorded extends RawNode {
  readonly postgresForm: OperationNode;
}

/**
 * One piece of a query in the words of both databases; which ones are sent is decided where the query is compiled, so
 * that whoever writes it needs to know no database.
 *
 * @example
 * const now = eitherSql<number>({ sqlite: sql`unixepoch()`, postgres: sql`extract(epoch FROM now())::bigint` });
 */
export function eitherSql<T>(words: {
  readonly sqlite: Expression<unknown>;
  readonly postgres: Expression<unknown>;
}): RawBuilder<T> {
  const node: TwoWorded = {
    kind: 'RawNode',
    sqlFragments: ['', ''],
    parameters: [words.sqlite.toOperationNode()],
    postgresForm: words.postgres.toOperationNode(),
  };
  return sql<T>`${new TwoWordedExpression(node)}`;
}

/** What PostgreSQL is to read instead of `node`, if it says something else there. */
export function postgresFormOf(node: RawNode): OperationNode | undefined {
  return 'postgresForm' in node ? (node as TwoWorded).postgresForm : undefined;
}

class TwoWordedExpression implements Expression<unknown> {
  readonly #node: TwoWorded;

  constructor(node: TwoWorded) {
    this.#node = node;
  }

  get expressionType(): unknown {
    return undefined;
  }

  toOperationNode(): OperationNode {
    return this.#node;
  }
}
