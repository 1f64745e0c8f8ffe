import type { DatabaseConfig } from '../config/database-config.ts';
import { type ReadSettings, readSettings } from '../config/read-settings.ts';
import { readServerConfig } from '../config/server-config.ts';
import { SETTING_NAMES, type SettingName, settingWords } from '../config/settings-schema.ts';
import { StorageConfig } from '../config/storage-config.ts';
import type { Cli } from './cli.ts';
import { overridesOf } from './store-place.ts';

/** A setting as it is shown to people: without what is secret. */
export interface ShownSetting {
  readonly name: SettingName;
  readonly value: unknown;
  readonly source: string;
  readonly variable: string;
}

export interface ShownSettings {
  /** The configuration file that was read; null when there is none. */
  readonly file: string | null;
  readonly settings: readonly ShownSetting[];
}

/** Every setting that holds, and where it came from. Throws `config-invalid` with every fault. */
export function shownSettings(cli: Cli): ShownSettings {
  const read = readAll(cli);
  const effective = effectiveValues(cli);
  return { file: read.file, settings: SETTING_NAMES.map((name) => shownSetting(name, read, effective)) };
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
  const { variable = '', isSecret = false } = settingWords(name) ?? {};
  const value = effective[name] ?? values[name] ?? null;
  return { name, value: isSecret && value !== null ? '(not shown)' : value, source: sources[name], variable };
}
