import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Cli, StoreChoice } from './cli.ts';
import { type Output, printableLines } from './output.ts';
import { makeProgram, storeChoiceOf } from './program.ts';

export type CommandEnding = 'done' | 'failed' | 'usage' | 'interrupted';

/** What a command line has around it. */
export interface CommandSurroundings {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Asked for by a command that ends by itself once it is aborted. */
  readonly interruption: () => AbortSignal;
}

/** Runs the command that `argv` (without program and script) names to its end, and says what went wrong. */
export async function runCommandLine(
  argv: readonly string[],
  surroundings: CommandSurroundings,
): Promise<CommandEnding> {
  const { output } = surroundings;
  let ending: CommandEnding = 'done';
  let store: StoreChoice = { environment: undefined, dataDir: undefined };
  const cli: Cli = {
    output,
    version: readVersion(),
    env: surroundings.env,
    get store() {
      return store;
    },
    get interruption() {
      return surroundings.interruption();
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

function endingOf(error: unknown, output: Output): CommandEnding {
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

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
