import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));

/** Runs `vrp` as a user does; what it answers can be read from its stdout. It does not outlive this process. */
export function spawnVrp(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stderr: number | 'ignore',
): ChildProcess {
  const child = spawn(process.execPath, [launcher, ...args], {
    env,
    stdio: ['ignore', 'pipe', stderr],
    // Ctrl-C at this terminal is for us alone.
    detached: true,
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** The environment of a store of its own: no setting of the person at this machine reaches it. */
export function vrpEnvironment(
  store: { dataDir: string; stateDir: string },
  minDiskSpaceMb: number,
): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('VRP_'));
  return {
    ...Object.fromEntries(others),
    VRP_DATA_DIR: store.dataDir,
    VRP_STATE_DIR: store.stateDir,
    VRP_CONFIG_FILE: '',
    VRP_ENV: 'production',
    VRP_MIN_DISK_SPACE_MB: String(minDiskSpaceMb),
    VRP_LOG_LEVEL: 'warn',
    NO_COLOR: '1',
  };
}

/** The owner's token of the store that `env` names. */
export async function readToken(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [launcher, 'token'], { env });
  return stdout.trim();
}
