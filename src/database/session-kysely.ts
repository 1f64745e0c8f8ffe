import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  DummyDriver,
  type Kysely,
  type QueryResult,
  Transaction,
} from 'kysely';
import type { StoreSchema } from '../sessions/schema.ts';

/** Sends one query of a session on its way. */
export type QuerySender = (query: CompiledQuery) => Promise<QueryResult<Record<string, unknown>>>;

/** A maker of Kyselys whose every query goes to a sender of their own, as inside a transaction. */
export function sessionKysely(
  words: Omit<Dialect, 'createDriver'>,
): (send: QuerySender) => Kysely<StoreSchema> {
  // Its connections are sessions, so the dialect itself opens none.
  const dialect: Dialect = { ...words, createDriver: () => new DummyDriver() };
  const compiler = dialect.createQueryCompiler();
  const adapter = dialect.createAdapter();
  const driver = dialect.createDriver();
  return (send) => {
    const connection = new SendingConnection(send);
    return new Transaction<StoreSchema>({
      config: { dialect },
      driver,
      dialect,
      executor: new DefaultQueryExecutor(compiler, adapter, {
        provideConnection: (consumer) => consumer(connection),
      }),
    });
  };
}

class SendingConnection implements DatabaseConnection {
  readonly #send: QuerySender;

  constructor(send: QuerySender) {
    this.#send = send;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return (await this.#send(query)) as QueryResult<R>;
  }

  /** All rows come at once; sessions that walk long tables page by key instead. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}
