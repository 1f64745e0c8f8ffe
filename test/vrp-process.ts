import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quietPort } from '../src/crashtest/quiet-port.ts';

const launcher = fileURLToPath(new URL('../bin/vrp.js', import.meta.url));

/** What `vrp start --json` says about itself. */
export interface StartedServer {
  readonly baseUrl: string;
  readonly loginUrl: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Everything the server said on stderr. */
  log(): string;
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop; resolves to its exit code. */
  stop(): Promise<number | null>;
}

export interface VrpFolders {
  readonly dataDir: string;
  readonly stateDir: string;
}

/** The environment every `vrp` of a test runs in: its own folders, no person's settings. */
export function vrpEnvironment(folders: VrpFolders): NodeJS.ProcessEnv {
  return {
    ...process.env,
    VRP_DATA_DIR: folders.dataDir,
    VRP_STATE_DIR: folders.stateDir,
    VRP_CONFIG_FILE: '',
    VRP_ENV: 'testing',
    VRP_MAX_FILE_MB: '0',
    NO_COLOR: '1',
  };
}

/** Runs one command to its end; `more` settings than its folders. */
export function runVrp(folders: VrpFolders, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  return startingVrp(folders, args, more).ended;
}

/** Begins a command, and leaves it to the test when and how it ends. */
export function startingVrp(folders: VrpFolders, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { ...vrpEnvironment(folders), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([exitCode]) => ({
    exitCode,
    stdout,
    stderr,
  }));
  return { process: child, stderr: () => stderr, ended };
}

/** On a port that stays free when it is killed, unless `port` is given; 0 leaves it to the kernel. */
export async function startVrp(
  folders: VrpFolders,
  port?: number,
  more: NodeJS.ProcessEnv = {},
): Promise<StartedServer> {
  const wantedPort = port ?? (await quietPort());
  const child = spawn(process.execPath, [launcher, 'start', '--json', '--port', String(wantedPort)], {
    env: { ...vrpEnvironment(folders), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`vrp start ended with ${code}: ${log}`)));
  });
  const said = JSON.parse(line) as { baseUrl: string; loginUrl: string; error?: { message: string } };
  if (said.error) throw new Error(`vrp start was refused: ${said.error.message}`);
  return {
    ...said,
    port: Number(new URL(said.baseUrl).port),
    process: child,
    log: () => log,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    },
  };
}
