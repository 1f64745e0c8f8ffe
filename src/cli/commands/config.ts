import type { Command } from 'commander';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { Cli } from '../cli.ts';
import { printableLines } from '../output.ts';
import { type ShownSetting, shownSettings } from '../shown-settings.ts';
import { tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  const config = program
    .command('config')
    .description('Show the settings in force and where each came from, or check that all are usable.')
    .addHelpText('after', EXAMPLES);
  config
    .command('show', { isDefault: true })
    .description('show every setting, its source and its variable')
    .action(() => show(cli));
  config
    .command('check')
    .description('say what is wrong with the settings, if anything')
    .action(() => check(cli));
}

function show(cli: Cli): void {
  const { output } = cli;
  const { file, settings } = shownSettings(cli);
  if (output.isJson) {
    output.document({ file, settings });
    return;
  }
  output.line(`Config file: ${file === null ? 'none' : printable(file)}`);
  const [heading = '', ...lines] = tableLines<ShownSetting>(
    [
      { title: 'SETTING', text: ({ name }) => name },
      { title: 'VALUE', text: ({ value }) => valueText(value), isFlexible: true },
      { title: 'FROM', text: ({ source }) => source },
      { title: 'VARIABLE', text: ({ variable }) => variable, dropOrder: 1 },
    ],
    settings,
    // A path that is cut off helps nobody.
    Number.POSITIVE_INFINITY,
  );
  output.line(output.paint('bold', heading));
  for (const line of lines) output.line(line);
}

function check(cli: Cli): void {
  const { output } = cli;
  try {
    shownSettings(cli);
  } catch (error) {
    if (!(error instanceof VoiceRecorderError) || error.code !== 'config-invalid') throw error;
    const { faults = [] } = error.details as { faults?: readonly string[] };
    cli.markFailed();
    if (output.isJson) {
      output.document({ isValid: false, faults, error: { code: error.code, message: error.message } });
      return;
    }
    output.line(`${printableLines(error.message)} [${error.code}]`);
    return;
  }
  if (output.isJson) output.document({ isValid: true, faults: [] });
  else output.line('All settings are usable.');
}

function valueText(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return '-';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return printable(Array.isArray(value) ? value.join(', ') : String(value));
}

const EXAMPLES = `
Examples:
  vrp config show --env development
  vrp config check && vrp start`;
