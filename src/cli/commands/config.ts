import type { Command } from 'commander';
import type { DatabaseConfig } from '../../config/database-config.ts';
import { type ReadSettings, readSettings } from '../../config/read-settings.ts';
import { readServerConfig } from '../../config/server-config.ts';
import { SETTING_NAMES, type SettingName, settingWords } from '../../config/settings-schema.ts';
import { StorageConfig } from '../../config/storage-config.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { Cli } from '../cli.ts';
import { printableLines } from '../output.ts';
import { overridesOf } from '../store-place.ts';
import { tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';

interface ShownSetting {
  readonly name: SettingName;
  readonly value: unknown;
  readonly source: string;
  readonly variable: string;
}

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
  const read = readAll(cli);
  const settings = SETTING_NAMES.map((name) => shownSetting(name, read, effectiveValues(cli)));
  if (output.isJson) {
    output.document({ file: read.file, settings });
    return;
  }
  output.line(`Config file: ${read.file === null ? 'none' : printable(read.file)}`);
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
    readAll(cli);
    effectiveValues(cli);
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

function readAll(cli: Cli): ReadSettings {
  const { environment } = cli.store;
  return readSettings({ ...overridesOf(cli.store), ...(environment && { environment }) }, cli.env);
}

/** What holds once the defaults of the environment and the platform are filled in. */
function effectiveValues(cli: Cli): Readonly<Record<string, unknown>> {
  const server = readServerConfig(overridesOf(cli.store), cli.env);
  const storage = StorageConfig.describe(cli.store.environment, overridesOf(cli.store), cli.env);
  return { ...server, insecure: server.isInsecureAllowed, ...storage, ...databaseValues(storage.database) };
}

/** The URL without its password. */
function databaseValues(database: DatabaseConfig): Partial<Record<SettingName, unknown>> {
  return {
    databaseUrl: database.url,
    databaseCaFile: database.caFile,
    databaseSchema: database.kind === 'postgres' ? database.schema : null,
    sharedCatalogue: database.kind === 'postgres' ? database.isShared : null,
    databasePoolSize: database.kind === 'postgres' ? database.poolSize : null,
    databaseDeadlineMs: database.deadlineMs,
    databaseRetries: database.retries,
    databaseBusyMs: database.busyLimitMs,
    databaseMinFreeMb: database.minFreeBytes / 1_000_000,
    databaseSlowMs: database.slowSessionMs,
    databaseStatementMs: database.kind === 'postgres' ? database.statementLimitMs : null,
    databaseStartMs: database.kind === 'postgres' ? database.startLimitMs : null,
  };
}

function shownSetting(
  name: SettingName,
  { values, sources }: ReadSettings,
  effective: Readonly<Record<string, unknown>>,
): ShownSetting {
  const value = effective[name] ?? values[name] ?? null;
  return { name, value, source: sources[name], variable: settingWords(name)?.variable ?? '' };
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
