#!/usr/bin/env node
// Finds a Node that can run Voice Recorder Pro and starts the command line on it. Plain JavaScript: it must be
// understood by every Node from 20 on.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_NEEDED = 24;
// Parallel fdatasyncs share one journal commit of the file system only if libuv may run that many at once.
process.env.UV_THREADPOOL_SIZE ??= '64';

const here = dirname(fileURLToPath(import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_NEEDED) {
  await startHere();
} else {
  startOn(findCarriedNode());
}

async function startHere() {
  endWithLauncher();
  await enableCompileCache();
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const built = new URL('../dist/cli/main.js', import.meta.url);
  const { main } = await import((existsSync(source) ? source : built).href);
  await main(process.argv.slice(2));
}

/** Compiled code is kept from run to run, in a folder of this person alone, for worker threads and children too. */
async function enableCompileCache() {
  const nodeModule = await import('node:module');
  const home =
    { win32: process.env.LOCALAPPDATA, darwin: join(homedir(), 'Library', 'Caches') }[process.platform] ??
    (process.env.XDG_CACHE_HOME || join(homedir(), '.cache'));
  process.env.NODE_COMPILE_CACHE ??= join(home, 'voice-recorder-pro', 'compiled');
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** When an older Node launched this one and is killed, this one must not live on unseen. */
function endWithLauncher() {
  if (process.env.VRP_LAUNCHED !== '1' || !process.channel) return;
  delete process.env.VRP_LAUNCHED;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

function findCarriedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  try {
    const packageFile = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const program = join(dirname(packageFile), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(program)) return program;
  } catch {
    // Said below, in one line.
  }
  console.error(
    `Voice Recorder Pro needs Node ${NODE_MAJOR_NEEDED} or newer; this is ${process.version} and no newer one ` +
      `is carried for ${process.platform}-${process.arch}. Install Node ${NODE_MAJOR_NEEDED}, or run "npm ci" in ${dirname(here)}.`,
  );
  process.exit(1);
}

function startOn(program) {
  const child = spawn(program, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, VRP_LAUNCHED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends SIGINT and SIGHUP to the whole group itself; a second one would mean "at once".
      if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`Could not start ${program}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
}
