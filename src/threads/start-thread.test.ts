import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vrp-threads-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('starts a thread in a program that was given on the command line as a module', async () => {
  const thread = join(folder, 'thread.mjs');
  await writeFile(
    thread,
    "import { parentPort, threadName, workerData } from 'node:worker_threads';\n" +
      "parentPort.postMessage([threadName, workerData].join(' heard '));\n",
  );
  const start = new URL('./start-thread.ts', import.meta.url).href;
  const program = `
    import { startThread } from ${JSON.stringify(start)};
    const thread = startThread(new URL(${JSON.stringify(pathToFileURL(thread).href)}), {
      name: 'listener',
      workerData: 'a word',
    });
    thread.on('message', (message) => console.log(message));
  `;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  expect((await run).stdout.trim()).toBe('listener heard a word');
});
