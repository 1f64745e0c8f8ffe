import { Writable } from 'node:stream';
import { EXIT, wantsJson } from '../src/cli/main.ts';
import { openOutput } from '../src/cli/output.ts';
import { runCommandLine } from '../src/cli/run-command-line.ts';
import { type VrpFolders, vrpEnvironment } from './vrp-process.ts';

/**
 * Runs one command in this process, which spares the start of another one: what it does, what it says and how it ends
 * are those of `vrp`. One at a time, because the settings of a command are those of its process.
 */
export async function runHere(folders: VrpFolders, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const said = { stdout: '', stderr: '' };
  const hear = (name: keyof typeof said) =>
    new Writable({
      decodeStrings: false,
      write(text, _encoding, done) {
        said[name] += String(text);
        done();
      },
    });
  const before = { ...process.env };
  Object.assign(process.env, vrpEnvironment(folders), more);
  try {
    const streams = { stdout: hear('stdout'), stderr: hear('stderr') };
    const ending = await runCommandLine(args, {
      output: openOutput(wantsJson(args), process.env, streams),
      env: process.env,
      interruption: () => new AbortController().signal,
    });
    return { exitCode: EXIT[ending], ...said };
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
