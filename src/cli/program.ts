import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ENVIRONMENT_NAMES, type EnvironmentName } from '../config/environments.ts';
import type { Cli, StoreChoice } from './cli.ts';
import { COMMANDS } from './commands.ts';

const OPTIONS_WITH_VALUE = new Set(['--data-dir', '--env']);

/**
 * The command line's grammar. Only the command that `argv` names is loaded; of the others there is just the line
 * that the help shows.
 */
export async function makeProgram(argv: readonly string[], cli: Cli): Promise<Command> {
  const program = new Command('vrp')
    .description(
      'Voice Recorder Pro: records, keeps and finds audio, and never loses an acknowledged second.',
    )
    .usage('COMMAND [options]')
    .version(cli.version, '-V, --version', 'print the version')
    .addOption(new Option('--data-dir <dir>', 'folder of the library (VRP_DATA_DIR)').argParser(readFolder))
    .addOption(
      new Option('--env <name>', 'which settings hold (VRP_ENV; production unless told)').choices(
        ENVIRONMENT_NAMES,
      ),
    )
    .option('--json', 'answer in JSON on stdout; remarks and progress go to stderr')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.output.line(text.replace(/\n$/, '')),
      // What went wrong is said once, in one form, by whoever runs the program.
      outputError: () => undefined,
    })
    .addHelpText('after', ROOT_EXAMPLES);
  const wanted = commandNamed(argv);
  for (const entry of COMMANDS) {
    if (entry.name === wanted) (await entry.load()).register(program, cli);
    else program.command(entry.name).description(entry.summary);
    program.commands.at(-1)?.helpGroup(entry.group);
  }
  return program;
}

/** What the global options of the parsed command line say. */
export function storeChoiceOf(program: Command): StoreChoice {
  const options = program.opts<{ dataDir?: string; env?: EnvironmentName }>();
  return { environment: options.env, dataDir: options.dataDir };
}

/** The first word that is neither an option nor an option's value; for `help X` it is X. */
export function commandNamed(argv: readonly string[]): string | undefined {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (OPTIONS_WITH_VALUE.has(word)) i += 1;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words[0] === 'help' ? words[1] : words[0];
}

function readFolder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Expected the path of a folder.');
  return resolve(value);
}

const ROOT_EXAMPLES = `
Examples:
  vrp start --open                      record in the browser
  vrp import ~/Interviews --recursive   bring in a folder of files
  vrp list --query "grandmother"        find recordings
  vrp help import                       all about one command

Exit codes: 0 done, 1 something failed (the rest was done), 2 wrong usage, 130 interrupted.`;
