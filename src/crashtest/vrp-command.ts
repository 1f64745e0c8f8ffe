import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));

/** Arguments for Node that run `vrp` as a user does. */
export function launchVrp(...args: readonly string[]): string[] {
  return [launcher, ...args];
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
  const { stdout } = await promisify(execFile)(process.execPath, launchVrp('token'), { env });
  return stdout.trim();
}
