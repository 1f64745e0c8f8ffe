import { connect } from 'node:net';
import { isAbsolute } from 'node:path';
import type { PoolClient } from 'pg';

// https://www.postgresql.org/docs/current/protocol-message-formats.html, CancelRequest
const CANCEL_CODE = 80_877_102;
const CANCEL_LIMIT_MS = 5_000;

/** What the driver keeps of the server's first words, beside its documented parts. */
interface CancelKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * Asks the server to stop what `client` is running. The server answers nothing; one that cannot be reached ends the
 * statement by its own limit.
 */
export function cancelStatement(client: PoolClient, place: { host: string; port: number }): void {
  const { processID, secretKey } = client as unknown as CancelKey;
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const { host, port } = place;
  const socket = isAbsolute(host) ? connect(`${host}/.s.PGSQL.${port}`) : connect({ host, port });
  socket.setTimeout(CANCEL_LIMIT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.unref();
  // Left open until the other side closes it: a pooler in between forgets the request of a client that has gone.
  socket.write(request);
  socket.resume();
}
