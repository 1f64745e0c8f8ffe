import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { RawServerDefault } from 'fastify';
import { VoiceRecorderError } from '../model/failure.ts';
import { answerProblem } from './problem.ts';
import type { ServerAddress } from './server-address.ts';
import type { Shutdown } from './shutdown.ts';
import type { TlsFiles } from './tls-files.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const OPTIONS = {
  // Uploads may take hours; headers may not. Small bodies have a limit of their own.
  requestTimeout: 0,
  headersTimeout: 20_000,
  // Longer than the 60 s that proxies commonly keep an idle connection, so that ours is not the end that closes it.
  keepAliveTimeout: 65_000,
  // Finds peers that vanished without a word.
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  // Titles and notes travel in a header (Upload-Metadata).
  maxHeaderSize: 64 * 1024,
};

/** The socket server. Nothing meant for another host gets past it, not even requests that cannot be routed. */
export function createListener(
  handler: Handler,
  address: () => ServerAddress,
  shutdown: Shutdown,
  tls: TlsFiles | null,
): RawServerDefault {
  const guarded: Handler = (request, response) => {
    if (shutdown.begins.aborted) {
      response.setHeader('connection', 'close');
      refuse(response, new VoiceRecorderError('interrupted', 'The server is ending; try again in a moment.'));
    } else if (isForUs(request, address())) {
      handler(request, response);
    } else {
      refuse(response, wrongHost(request, address()));
    }
  };
  const server = tls
    ? (createTlsServer({ ...OPTIONS, ...tls }, guarded) as unknown as RawServerDefault)
    : createServer(OPTIONS, guarded);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What cannot be read as HTTP has no request to answer in the usual way.
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return server;
}

function isForUs({ headers, url, socket }: IncomingMessage, address: ServerAddress): boolean {
  if (!address.isOwnHost(headers.host, socket.localAddress)) return false;
  // An absolute address in the request line outranks the Host header (RFC 9112 section 3.2.2).
  if (url === undefined || url.startsWith('/') || url === '*') return true;
  const host = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  return host !== undefined && address.isOwnHost(host, socket.localAddress);
}

function wrongHost({ headers }: IncomingMessage, address: ServerAddress): VoiceRecorderError {
  const found = headers.host === undefined ? 'none' : JSON.stringify(headers.host.slice(0, 100));
  return new VoiceRecorderError(
    'host-not-allowed',
    `This server is ${address.publicUrl?.origin ?? address.origin}; the request is for the host ${found}. Further ` +
      'names go into VRP_ALLOWED_HOSTS.',
  );
}

function refuse(response: ServerResponse, error: VoiceRecorderError): void {
  const { problem, headers } = answerProblem(error, '');
  response.writeHead(problem.status, { ...headers, 'x-content-type-options': 'nosniff' });
  response.end(JSON.stringify(problem));
}
