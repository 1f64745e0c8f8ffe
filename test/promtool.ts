import { spawnSync } from 'node:child_process';

/** Why nothing can be asked of promtool (Debian: the package prometheus); undefined where it is installed. */
export function whyNoPromtool(): string | undefined {
  return spawnSync('promtool', ['--version']).status === 0 ? undefined : 'promtool is not installed';
}

/** Runs promtool. Resolves to what it said. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}`.trim() };
}
