import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { openLog, stderrTarget } from '../log/open-log.ts';
import { Metrics } from '../metrics/metrics.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { certificateCheck } from './certificate-check.ts';
import { createListener } from './listener.ts';
import { answerProblem } from './problem.ts';
import type { RecorderApp } from './recorder-app.ts';
import { addRecorderRoutes } from './recorder-routes.ts';
import { ServerAddress } from './server-address.ts';
import { Shutdown } from './shutdown.ts';
import type { TlsFiles } from './tls-files.ts';

export interface ServerOptions {
  readonly recorder: VoiceRecorder;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of the built page; null serves the API alone. */
  readonly webFolder: string | null;
  readonly version: string;
  /** A pino logger; by default warnings and errors go to stderr. */
  readonly logger?: FastifyBaseLogger;
  readonly allowedHosts?: readonly string[];
  /** Origin under which people reach the server through a proxy. */
  readonly publicUrl?: string | null;
  readonly tls?: TlsFiles | null;
  /** Allows an address that other machines can reach without TLS and without a proxy. */
  readonly isInsecureAllowed?: boolean;
  /** Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustedProxies?: readonly string[];
  /** Largest declared upload; null or missing: only the free space limits it. */
  readonly maxUploadBytes?: number | null;
}

export interface RunningServer {
  /** Where this machine reaches the server: `http://127.0.0.1:8420`. */
  readonly baseUrl: string;
  /** Where people open the page: the public URL when there is one. No slash at the end. */
  readonly pageUrl: string;
  readonly port: number;
  /** New connections get this certificate; those that are open keep theirs. For a server that was started with one. */
  renewTls(files: TlsFiles): void;
  /** Resolves within five seconds: what came in is safe, nothing new is taken on. */
  close(): Promise<void>;
}

const CUT_AFTER_MS = 1000;
const END_AFTER_MS = 4000;

/**
 * Listens and serves until `close()`. Rejects with `address-in-use`, `address-not-loopback` or `config-invalid` (an
 * address this machine does not have, or a port it does not give).
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const tls = options.tls ?? null;
  let findPort = () => options.port;
  const address = new ServerAddress(
    {
      host: options.host,
      isTls: tls !== null,
      publicUrl: options.publicUrl ?? null,
      allowedHosts: options.allowedHosts ?? [],
      isInsecureAllowed: options.isInsecureAllowed ?? false,
    },
    () => findPort(),
  );
  const shutdown = new Shutdown();
  const app = createApp(options, address, shutdown, tls);
  findPort = () => (app.server.address() as AddressInfo | null)?.port ?? options.port;
  await addRecorderRoutes(app, {
    recorder: options.recorder,
    address,
    shutdown,
    version: options.version,
    metrics: new Metrics(options.recorder, options.version),
    maxUploadBytes: options.maxUploadBytes ?? null,
    webFolder: options.webFolder,
  });
  try {
    await app.listen({ host: address.bindHost, port: options.port });
  } catch (error) {
    await app.close();
    throw asListenFailure(error, options);
  }
  const { port, origin } = address;
  findPort = () => port;
  let tlsInUse = tls;
  const unwatch = tls && options.recorder.health.watch(certificateCheck(() => tlsInUse ?? tls));
  let closing: Promise<void> | undefined;
  return {
    baseUrl: origin,
    pageUrl: options.publicUrl?.replace(/\/+$/, '') ?? origin,
    port,
    renewTls: (files) => {
      if (!(app.server instanceof TlsServer)) return;
      app.server.setSecureContext({ cert: files.cert, key: files.key });
      tlsInUse = files;
    },
    close: () => {
      unwatch?.();
      closing ??= end(app, shutdown);
      return closing;
    },
  };
}

function createApp(
  options: ServerOptions,
  address: ServerAddress,
  shutdown: Shutdown,
  tls: TlsFiles | null,
): RecorderApp {
  return Fastify({
    serverFactory: (handler) => createListener(handler, () => address, shutdown, tls),
    loggerInstance: options.logger ?? openLog({ targets: [stderrTarget('warn')] }),
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    // A logger of its own for each request costs as much as routing it; our lines name their request themselves.
    childLoggerFactory: (logger) => logger,
    routerOptions: { maxParamLength: 200 },
    // Addresses that cannot be decoded reach no route and no hook.
    frameworkErrors: (error, request, reply) => {
      const { problem, headers } = answerProblem(error, request.id);
      reply.raw.writeHead(problem.status, headers).end(JSON.stringify(problem));
    },
  }) as unknown as RecorderApp;
}

async function end(app: RecorderApp, shutdown: Shutdown): Promise<void> {
  shutdown.begin();
  const cut = setTimeout(() => shutdown.cut(), CUT_AFTER_MS);
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  const last = setTimeout(() => {
    app.server.closeAllConnections();
    isOver();
  }, END_AFTER_MS);
  try {
    await app.close();
    await Promise.race([shutdown.settle(), over]);
  } finally {
    clearTimeout(cut);
    clearTimeout(last);
  }
}

function asListenFailure(error: unknown, { host, port }: ServerOptions): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new VoiceRecorderError(
      'address-in-use',
      `Port ${port} of ${host} is taken by another program. End that one, or give another port; browsers keep unsent ` +
        'takes per address, so the port is never changed silently.',
      { cause: error, details: { host, port } },
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
    const reason = code === 'EACCES' ? 'this user may not use that port' : 'this machine has no such address';
    return new VoiceRecorderError('config-invalid', `Cannot listen on ${host}, port ${port}: ${reason}.`, {
      cause: error,
    });
  }
  return error;
}
