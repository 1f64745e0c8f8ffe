import { constants } from 'node:os';
import { keepHeapSmall } from './lean-heap.ts';
import { openOutput } from './output.ts';
import { commandNamed } from './program.ts';
import { type CommandEnding, runCommandLine } from './run-command-line.ts';

/** The only place that knows exit codes (CONTRACT: 0 done, 1 failed, 2 wrong usage, 130 interrupted). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  interrupted: 130,
} as const satisfies Record<CommandEnding, number>;

/** They go through many files, perhaps hundreds of thousands. */
const LONG_RUNS: ReadonlySet<string | undefined> = new Set(['import', 'rebuild', 'restore-backup', 'verify']);

/** Runs the command that `argv` (without program and script) names, and ends the process. */
export async function main(argv: readonly string[]): Promise<never> {
  if (LONG_RUNS.has(commandNamed(argv))) keepHeapSmall();
  const ending = await runCommandLine(argv, {
    output: openOutput(wantsJson(argv), process.env),
    env: process.env,
    interruption: watchSignals(),
  });
  await flush(process.stdout);
  await flush(process.stderr);
  process.exit(EXIT[ending]);
}

/** Known before anything is parsed: wrong usage is told in JSON too. */
export function wantsJson(argv: readonly string[]): boolean {
  const beforeDashes = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  return beforeDashes.includes('--json');
}

/** One signal asks, the second one ends at once; so does the first when no command is listening for it. */
function watchSignals(): () => AbortSignal {
  const controller = new AbortController();
  let isRead = false;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const code = name === 'SIGINT' ? EXIT.interrupted : 128 + constants.signals[name];
      if (!isRead || controller.signal.aborted) process.exit(code);
      controller.abort(name);
    });
  }
  return () => {
    isRead = true;
    return controller.signal;
  };
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
