import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(root, 'node_modules', '.bin');

/** Runs a program of the project (or any other) in its root; ends this process when it fails, saying which step it was. */
export async function runStep(name: string, program: string, args: readonly string[]): Promise<void> {
  const startMs = performance.now();
  const child = spawn(program, args, {
    cwd: root,
    stdio: 'inherit',
    // The launchers in .bin are scripts of the shell on Windows.
    shell: process.platform === 'win32',
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  if (code === 0) {
    console.log(`ok      ${name} (${seconds} s)`);
    return;
  }
  console.error(`FAILED  ${name} (${seconds} s): ${program} ${args.join(' ')} ended with ${code}`);
  process.exit(code);
}
