import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay to a local port that can be told to fail in every way a network does. */
export interface FaultyProxy {
  readonly port: number;
  /** Connections end abruptly when this many more bytes have passed towards the server. */
  cutAfter(bytes: number): void;
  /** Every connection ends abruptly at once. */
  drop(): void;
  /** True: nothing passes any more and new connections are reset, until false. */
  setDown(isDown: boolean): void;
  /** Each piece of bytes takes this long, in both directions; 0 is as usual. */
  setDelay(delayMs: number): void;
  /** True: what clients send arrives, but no answer comes back. False ends the connections that lost one. */
  setSwallowing(isSwallowing: boolean): void;
  readonly cutCount: number;
  close(): Promise<void>;
}

interface Relay {
  readonly client: Socket;
  readonly upstream: Socket;
  hasLostBytes: boolean;
}

export async function openFaultyProxy(targetPort: number): Promise<FaultyProxy> {
  const relays = new Set<Relay>();
  let bytesUntilCut = Number.POSITIVE_INFINITY;
  let isDown = false;
  let isSwallowing = false;
  let delayMs = 0;
  let cutCount = 0;
  const cutAll = () => {
    for (const { client, upstream } of relays) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  };
  const server = createServer((client) => {
    if (isDown) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    const relay: Relay = { client, upstream, hasLostBytes: false };
    relays.add(relay);
    for (const socket of [client, upstream]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        relays.delete(relay);
        client.destroy();
        upstream.destroy();
      });
    }
    carry(
      client,
      upstream,
      () => delayMs,
      (piece) => {
        bytesUntilCut -= piece.length;
        if (bytesUntilCut > 0) return true;
        bytesUntilCut = Number.POSITIVE_INFINITY;
        cutCount++;
        cutAll();
        return false;
      },
    );
    carry(
      upstream,
      client,
      () => delayMs,
      () => {
        if (isSwallowing) relay.hasLostBytes = true;
        return !relay.hasLostBytes;
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter: (bytes) => {
      bytesUntilCut = bytes;
    },
    drop: cutAll,
    setDown: (down) => {
      isDown = down;
      if (down) cutAll();
    },
    setDelay: (ms) => {
      delayMs = ms;
    },
    setSwallowing: (swallows) => {
      isSwallowing = swallows;
      if (swallows) return;
      for (const { client, hasLostBytes } of relays) if (hasLostBytes) client.resetAndDestroy();
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

/** Passes on what `lets` lets through: in order, whatever the delay becomes meanwhile, and with back pressure. */
function carry(from: Socket, to: Socket, delayMs: () => number, lets: (piece: Buffer) => boolean): void {
  let isHolding = false;
  const pass = (piece: Buffer) => {
    isHolding = false;
    if (to.destroyed) return;
    if (to.write(piece)) from.resume();
    else from.pause();
  };
  from.on('data', (piece: Buffer) => {
    if (!lets(piece)) return;
    const ms = delayMs();
    if (ms === 0) {
      pass(piece);
      return;
    }
    isHolding = true;
    from.pause();
    setTimeout(pass, ms, piece);
  });
  to.on('drain', () => {
    if (!isHolding) from.resume();
  });
  from.on('end', () => {
    if (!to.destroyed) to.end();
  });
}
