import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { readServerConfig, type ServerConfig } from '../../config/server-config.ts';
import { StorageConfig } from '../../config/storage-config.ts';
import { failureCodeOf, VoiceRecorderError } from '../../model/failure.ts';
import { openVoiceRecorder } from '../../open.ts';
import { type RunningServer, startServer } from '../../serve/start-server.ts';
import { describeTls, readTlsFiles, type TlsFiles } from '../../serve/tls-files.ts';
import { watchTlsFiles } from '../../serve/tls-renewal.ts';
import type { VoiceRecorder } from '../../voice-recorder.ts';
import { tendLeftoverTakes } from '../capture/tend-leftover-takes.ts';
import type { Cli } from '../cli.ts';
import { ensureWeb } from '../ensure-web.ts';
import { withSmallHeap } from '../lean-heap.ts';
import { openBrowser } from '../open-browser.ts';
import { factLines } from '../recording-text.ts';
import { leaveServerNote, readServerNote } from '../server-file.ts';
import { openServerLog, type ServerLog } from '../server-log.ts';
import { describeStore, overridesOf } from '../store-place.ts';
import { printable } from '../terminal-text.ts';

interface StartOptions {
  readonly host?: string;
  readonly port?: number;
  readonly open?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: boolean;
  readonly newStore?: boolean;
}

const STOP_WITHIN_MS = 5_000;
const LOCK_WAIT_MS = 5_000;

export function register(program: Command, cli: Cli): void {
  program
    .command('start')
    .description('Start the server and the web recorder, and print the link that signs your browser in.')
    .option('--host <address>', 'address to listen on (VRP_HOST; 127.0.0.1 unless told)')
    .option('--port <number>', 'port to listen on (VRP_PORT; 8420 unless told); 0 takes a free one', readPort)
    .option('--open', 'open the browser')
    .option('--tls-cert <file>', 'PEM certificate with its chain (VRP_TLS_CERT)', (path) => resolve(path))
    .option('--tls-key <file>', 'PEM private key (VRP_TLS_KEY)', (path) => resolve(path))
    .option('--insecure', 'allow an address that others can reach, without TLS (VRP_INSECURE)')
    .option('--new-store', 'begin an empty library although there was another one at this path')
    .addHelpText('after', EXAMPLES)
    .action((options: StartOptions) => start(cli, options));
}

async function start(cli: Cli, options: StartOptions): Promise<void> {
  const config = readServerConfig(givenSettings(options), cli.env);
  const tls = await readTls(config);
  const webFolder = await ensureWeb(cli.output);
  const { environment } = cli.store;
  const place = StorageConfig.describe(environment, overridesOf(cli.store), cli.env);
  const log = await openServerLog(cli, config, place);
  try {
    await serve(cli, options, { config, tls, webFolder, logger: log.logger, stateDir: place.stateDir });
  } finally {
    await log.close();
  }
}

interface Serving {
  readonly config: ServerConfig;
  readonly tls: TlsFiles | null;
  readonly webFolder: string;
  readonly logger: ServerLog['logger'];
  readonly stateDir: string;
}

async function serve(cli: Cli, options: StartOptions, serving: Serving): Promise<void> {
  const { config, tls, webFolder, logger, stateDir } = serving;
  const { output } = cli;
  const signal = cli.interruption;
  const { environment, dataDir } = cli.store;
  const recorder = await openVoiceRecorder({
    ...(environment === undefined ? {} : { environment }),
    ...(dataDir === undefined ? {} : { dataDir }),
    isNewStore: options.newStore ?? false,
    // A server that was just killed or is stopping frees the store within a moment.
    lockWaitMs: LOCK_WAIT_MS,
    signal,
    aroundLongWork: withSmallHeap,
    log: (level, message, details) => logger[level](details, message),
  }).catch(async (error: unknown) => {
    if (signal.aborted && failureCodeOf(error) === 'interrupted') return undefined;
    throw failureCodeOf(error) === 'store-locked' ? await runsAlready(cli, error) : error;
  });
  if (!recorder) return output.note('Stopped before it had begun.');
  let server: RunningServer | undefined;
  let removeNote = async () => {};
  try {
    server = await listen(cli, config, { recorder, webFolder, tls, logger });
    const { baseUrl } = server;
    const leaveNote = (tlsCert: string | null) =>
      leaveServerNote(stateDir, recorder.storeId, { baseUrl, tlsCert });
    removeNote = await leaveNote(tls?.cert ?? null);
    if (tls) keepCertificateFresh(cli, config, server, tls, leaveNote);
    const takes = tendLeftoverTakes(cli, recorder);
    if (!signal.aborted) await greet(cli, config, server, recorder, options.open ?? false);
    await untilAborted(signal);
    clearInterval(takes);
    output.note('Stopping ...');
  } finally {
    await stopInTime(cli, removeNote, server, recorder);
  }
}

/** The lock alone does not tell who holds it; the note of a running server does. */
async function runsAlready(cli: Cli, cause: unknown): Promise<unknown> {
  const { stateDir, storeId, dataDir } = describeStore(cli);
  const note = storeId === undefined ? undefined : await readServerNote(stateDir, storeId);
  if (!note) return cause;
  return new VoiceRecorderError(
    'store-locked',
    `A server has ${dataDir} open already: ${note.baseUrl} (process ${note.pid}). Use that one, or stop it first.`,
    { cause, details: { baseUrl: note.baseUrl, pid: note.pid } },
  );
}

interface Parts {
  readonly recorder: VoiceRecorder;
  readonly logger: ServerLog['logger'];
  readonly webFolder: string;
  readonly tls: TlsFiles | null;
}

function listen(cli: Cli, config: ServerConfig, parts: Parts): Promise<RunningServer> {
  const { maxFileMb } = StorageConfig.describe(cli.store.environment, overridesOf(cli.store), cli.env);
  return startServer({
    ...parts,
    host: config.host,
    port: config.port,
    version: cli.version,
    allowedHosts: config.allowedHosts,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    isInsecureAllowed: config.isInsecureAllowed,
    maxUploadBytes: maxFileMb === 0 ? null : maxFileMb * 1_000_000,
  });
}

/** Beside a person's screen only what went wrong is worth a line, unless more was asked for. */
async function greet(
  { output, version }: Cli,
  config: ServerConfig,
  server: RunningServer,
  recorder: VoiceRecorder,
  opensBrowser: boolean,
): Promise<void> {
  const { baseUrl, pageUrl } = server;
  const loginUrl = `${pageUrl}/#login=${recorder.access.issueLoginCode()}`;
  if (output.isJson) {
    output.jsonLine({ baseUrl, loginUrl, dataDir: recorder.dataDir, pid: process.pid });
  } else {
    const facts: [string, string][] = [
      ['Recordings', printable(recorder.dataDir)],
      ['Address', pageUrl],
      ['Open this', output.paint('cyan', loginUrl)],
    ];
    output.line(`\n${output.paint('bold', `Voice Recorder Pro ${version}`)}\n`);
    for (const line of factLines(facts)) output.line(`  ${line}`);
    output.line('\nThe link signs your browser in; it works once, for 10 minutes. Ctrl-C stops the server.');
  }
  if (config.port === 0) {
    output.note(
      'Warning: with --port 0 the address is another one at each start, and browsers keep unsent takes per address.',
    );
  }
  if (opensBrowser && !(await openBrowser(loginUrl))) {
    output.note('No browser could be opened on this machine; open the link yourself.');
  }
}

/** A renewed certificate is taken up without a restart, by the server and by the commands that look for it. */
function keepCertificateFresh(
  { output }: Cli,
  { tlsCert, tlsKey }: ServerConfig,
  server: RunningServer,
  tls: TlsFiles,
  leaveNote: (cert: string) => Promise<unknown>,
): void {
  const warn = (files: TlsFiles) => {
    const { warning } = describeTls(files, Date.now());
    if (warning !== undefined) output.note(`Warning: ${warning}`);
  };
  warn(tls);
  if (tlsCert === null || tlsKey === null) return;
  watchTlsFiles({
    certPath: tlsCert,
    keyPath: tlsKey,
    async onRenewed(files) {
      server.renewTls(files);
      await leaveNote(files.cert);
      output.note('The renewed TLS certificate is in use.');
      warn(files);
    },
    onFailure: (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      output.note(`Warning: the changed TLS certificate is not used: ${printable(reason)}`);
    },
  });
}

/** A process that is killed loses nothing that was acknowledged, so that waiting longer would serve nobody. */
async function stopInTime(
  cli: Cli,
  removeNote: () => Promise<void>,
  server: RunningServer | undefined,
  recorder: VoiceRecorder,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((done) => {
    timer = setTimeout(() => done('late'), STOP_WITHIN_MS);
  });
  const stopped = (async () => {
    await removeNote();
    await server?.close();
    await recorder.close();
  })();
  if ((await Promise.race([stopped, late])) === 'late') {
    cli.output.note('Not all work could be parked in time; it is taken up again at the next start.');
  }
  clearTimeout(timer);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => {
    // The server's sockets are what keeps the process alive; a timer does when there are none at a moment.
    const alive = setInterval(() => undefined, 1 << 30);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(alive);
        done();
      },
      { once: true },
    );
  });
}

function readTls({ tlsCert, tlsKey }: ServerConfig): Promise<TlsFiles> | null {
  if (tlsCert === null && tlsKey === null) return null;
  if (tlsCert === null || tlsKey === null) {
    throw new VoiceRecorderError(
      'tls-invalid',
      'TLS needs both a certificate and its key: give --tls-cert and --tls-key.',
    );
  }
  return readTlsFiles(tlsCert, tlsKey);
}

function givenSettings({ host, port, tlsCert, tlsKey, insecure }: StartOptions) {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(tlsCert === undefined ? {} : { tlsCert }),
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ...(insecure === undefined ? {} : { insecure }),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a whole number from 0 to 65535.');
}

const EXAMPLES = `
Examples:
  vrp start --open
  vrp start --data-dir /mnt/recordings --port 9000
  vrp start --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem

Ctrl-C, SIGTERM and SIGHUP stop the server cleanly within 5 seconds (exit code 0); a second one ends it at once.
With --json one line tells {"baseUrl", "loginUrl", "dataDir", "pid"} as soon as the server listens.`;
