import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What becomes of the next COMMIT that passes. */
export type CommitFate = 'pass' | 'never-arrives' | 'answer-is-lost';

export interface CommitCutter extends AsyncDisposable {
  readonly port: number;
  /** Holds for one COMMIT, the next one; `isGone`: from then on nobody gets through any more. */
  cutNext(fate: CommitFate, options?: { readonly isGone?: boolean }): void;
  /** How many were cut. */
  readonly cuts: number;
}

// A simple query: its letter, a length of 4 bytes, the text, a zero.
const COMMIT = Buffer.from('COMMIT\0');

/** Stands between a program and its PostgreSQL server, and breaks the connection in the midst of a commit. */
export async function startCommitCutter(serverPort: number): Promise<CommitCutter> {
  let fate: CommitFate = 'pass';
  let cuts = 0;
  let isGone = false;
  let endsWithCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => undefined);
    if (isGone) {
      client.destroy();
      return;
    }
    const upstream = connect(serverPort, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    let losesAnswer = false;
    const cut = () => {
      cuts++;
      isGone = endsWithCut;
      client.destroy();
    };
    client.on('data', (data) => {
      if (fate === 'pass' || !data.includes(COMMIT)) return void upstream.write(data);
      losesAnswer = fate === 'answer-is-lost';
      fate = 'pass';
      if (losesAnswer) upstream.write(data);
      else cut();
    });
    upstream.on('data', (data) => {
      if (losesAnswer) cut();
      else client.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return {
    port: address.port,
    get cuts() {
      return cuts;
    },
    cutNext: (wanted, options = {}) => {
      fate = wanted;
      endsWithCut = options.isGone ?? false;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
