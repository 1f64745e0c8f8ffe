import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, serverUser, TEST_PASSWORD, TEST_USER, untilAnswering } from './postgres-server.ts';

export interface StartedPgbouncer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Why there is no pgbouncer to test with; undefined where the program is on PATH. */
export const pgbouncerSkipReason = findProgram();

/**
 * Starts a pgbouncer in transaction mode before the server on `port`. Its few connections to that server go from one
 * client to another after each transaction.
 */
export async function startPgbouncer(serverPort: number, connections: number): Promise<StartedPgbouncer> {
  const owner = serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'vrp-pgbouncer-'));
  const port = await freePort();
  const config = `[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users')}
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 200
`;
  await writeFile(join(folder, 'users'), `"${TEST_USER}" "${TEST_PASSWORD}"\n`);
  await writeFile(join(folder, 'pgbouncer.ini'), config);
  if (owner)
    for (const name of ['', 'users', 'pgbouncer.ini']) await chown(join(folder, name), owner.uid, owner.gid);
  const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], {
    ...owner,
    cwd: folder,
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await untilAnswering(port, child);
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function findProgram(): string | undefined {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'there is no program pgbouncer on PATH';
  }
}
