import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Cli, StoreChoice } from './cli.ts';
import { type Output, printableLines, processOutput } from './output.ts';
import { makeProgram, storeChoiceOf } from './program.ts';

/** The only place that knows exit codes (CONTRACT: 0 done, 1 failed, 2 wrong usage, 130 interrupted). */
const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
type Ending = keyof typeof EXIT;

/** Runs the command that `argv` (without program and script) names, and ends the process. */
export async function main(argv: readonly string[]): Promise<never> {
  const beforeDashes = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const output = processOutput(beforeDashes.includes('--json'), process.env);
  const ending = await run(argv, output);
  await flush(process.stdout);
  await flush(process.stderr);
  process.exit(EXIT[ending]);
}

async function run(argv: readonly string[], output: Output): Promise<Ending> {
  let ending: Ending = 'done';
  let store: StoreChoice = { environment: undefined, dataDir: undefined };
  const interruption = watchSignals();
  const cli: Cli = {
    output,
    version: readVersion(),
    env: process.env,
    get store() {
      return store;
    },
    get interruption() {
      return interruption.read();
    },
    markFailed: () => {
      ending = 'failed';
    },
    markInterrupted: () => {
      ending = 'interrupted';
    },
  };
  try {
    const program = await makeProgram(argv, cli);
    if (argv.length === 0) {
      program.outputHelp();
      return 'done';
    }
    program.hook('preAction', () => {
      store = storeChoiceOf(program);
    });
    await program.parseAsync(argv, { from: 'user' });
    return ending;
  } catch (error) {
    return endingOf(error, output);
  }
}

function endingOf(error: unknown, output: Output): Ending {
  if (error instanceof CommanderError) {
    // Help and version that were asked for end with 0; `help` after a wrong line does not.
    if (error.exitCode === 0) return 'done';
    const [message = '', hint] = error.message.replace(/^error: /, '').split('\n');
    const sentence = message === '(outputHelp)' ? 'A command is missing' : capitalise(message);
    complain(output, 'usage', `${sentence.replace(/\.?$/, '.')}${hint ? ` ${hint}` : ''}`);
    return 'usage';
  }
  if (error instanceof VoiceRecorderError) {
    complain(output, error.code, error.message);
    if (error.code === 'usage') return 'usage';
    return error.code === 'interrupted' ? 'interrupted' : 'failed';
  }
  complain(output, 'internal', error instanceof Error ? error.message : String(error));
  // Not one of ours, so it is a fault of the program: say where.
  if (error instanceof Error && error.stack) output.note(printableLines(error.stack));
  return 'failed';
}

function complain(output: Output, code: string, message: string): void {
  if (output.isJson) output.document({ error: { code, message } });
  const name = output.paint('red', 'vrp:', 'stderr');
  output.note(`${name} ${printableLines(message)} ${output.paint('dim', `[${code}]`, 'stderr')}`);
  if (code === 'usage') output.note('"vrp help" lists the commands, "vrp help COMMAND" tells all about one.');
}

/** One signal asks, the second one ends at once; so does the first when no command is listening for it. */
function watchSignals(): { read(): AbortSignal } {
  const controller = new AbortController();
  let isRead = false;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const code = name === 'SIGINT' ? EXIT.interrupted : 128 + constants.signals[name];
      if (!isRead || controller.signal.aborted) process.exit(code);
      controller.abort(name);
    });
  }
  return {
    read() {
      isRead = true;
      return controller.signal;
    },
  };
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
