import type { PoolClient } from 'pg';

const known = new WeakMap<PoolClient, boolean>();

/**
 * True when `client` speaks with the server itself: then what is set once stays set, and `settings` are. A pooler in
 * between (pgbouncer in transaction mode) gives the server's connection to somebody else after each transaction; it
 * shows, for it must name a process of its own to those who want to cancel a statement.
 */
export async function setUpOnce(client: PoolClient, settings: readonly string[]): Promise<boolean> {
  const before = known.get(client);
  if (before !== undefined) return before;
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const isDirect = rows[0]?.pid === (client as PoolClient & { readonly processID?: number }).processID;
  if (isDirect) await client.query(settings.join('; '));
  known.set(client, isDirect);
  return isDirect;
}
