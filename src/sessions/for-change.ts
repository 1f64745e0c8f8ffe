interface Lockable<Query> {
  forUpdate(): Query;
}

/**
 * Marks a query whose rows are read in order to be changed. PostgreSQL, where write sessions run side by side, then
 * keeps these rows for this session until it ends; SQLite has one writer at a time, and its sessions leave the mark
 * out.
 *
 * @example
 * const row = await forChange(db.selectFrom('recordings').selectAll().where('id', '=', id)).executeTakeFirst();
 */
export function forChange<Query extends Lockable<Query>>(query: Query): Query {
  return query.forUpdate();
}
