import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay to a local port whose connections can be cut, or silenced, at will. */
export interface CuttingProxy {
  readonly port: number;
  /** Connections end abruptly when this many more bytes have passed towards the server. */
  cutAfter(bytes: number): void;
  /** True: nothing passes any more and new connections are reset, until false. */
  setDown(isDown: boolean): void;
  readonly cutCount: number;
  close(): Promise<void>;
}

export async function openCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  let bytesLeft = Number.POSITIVE_INFINITY;
  let isDown = false;
  let cutCount = 0;
  const sockets = new Set<Socket>();
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    if (isDown) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (piece: Buffer) => {
      bytesLeft -= piece.length;
      if (bytesLeft <= 0) {
        bytesLeft = Number.POSITIVE_INFINITY;
        cutCount++;
        cutAll();
      }
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter: (bytes) => {
      bytesLeft = bytes;
    },
    setDown: (down) => {
      isDown = down;
      if (down) cutAll();
    },
    get cutCount() {
      return cutCount;
    },
    close: async () => {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
}
