import { dataDirOf } from './data-dir.ts';
import { type DatabaseUrl, type PostgresPlace, parseDatabaseUrl, shownDatabaseUrl } from './database-url.ts';
import type { EnvironmentName } from './environments.ts';
import { layoutOf } from './path-layout.ts';
import type { ProcessEnvironment } from './platform-folders.ts';
import { readSettings } from './read-settings.ts';
import type { SettingName, Settings } from './settings-schema.ts';

const MB = 1_000_000;
// PostgreSQL folds names without quotes to small letters; ours is one that needs no quotes anywhere.
const SCHEMA = 'voice_recorder';

interface DatabaseDefaults {
  readonly deadlineMs: number;
  readonly retries: number;
  readonly poolSize: number;
  readonly busyLimitMs: number;
  readonly minFreeMb: number;
  readonly slowSessionMs: number;
  readonly statementLimitMs: number;
  readonly startLimitMs: number;
}

const DEFAULTS: Readonly<Record<EnvironmentName, DatabaseDefaults>> = {
  development: {
    deadlineMs: 30_000,
    retries: 3,
    poolSize: 5,
    busyLimitMs: 5_000,
    minFreeMb: 4,
    slowSessionMs: 5_000,
    statementLimitMs: 60_000,
    startLimitMs: 10_000,
  },
  testing: {
    deadlineMs: 30_000,
    retries: 3,
    poolSize: 5,
    busyLimitMs: 5_000,
    minFreeMb: 0,
    slowSessionMs: 5_000,
    statementLimitMs: 60_000,
    startLimitMs: 0,
  },
  production: {
    deadlineMs: 30_000,
    retries: 5,
    poolSize: 10,
    busyLimitMs: 5_000,
    // Below what "stays free" of imports: amending, trashing and the ends of takes go on for long after those.
    minFreeMb: 8,
    slowSessionMs: 5_000,
    statementLimitMs: 60_000,
    // A machine that boots brings up both servers in any order; PostgreSQL may read through its log first.
    startLimitMs: 60_000,
  },
};

/**
 * Which database holds the catalogue, and the limits of its sessions, for one environment. Frozen.
 *
 * @example
 * const config = DatabaseConfig.fromEnvironment('production');
 * config.deadlineMs; // 30000
 */
export class DatabaseConfig {
  readonly environment: EnvironmentName;
  readonly kind: 'sqlite' | 'postgres';
  /** Where the database is, without the password. */
  readonly url: string;
  /** The SQLite file; null with PostgreSQL. */
  readonly file: string | null;
  /** The PostgreSQL schema that holds all tables. */
  readonly schema: string;
  /** Other stores may keep their catalogue in the same schema, if they say so, too. */
  readonly isShared: boolean;
  /** Certificates (PEM) that the PostgreSQL server's own must come from; null: those that the system trusts. */
  readonly caFile: string | null;
  /** Of sessions that name none: from the call to the end of the work. */
  readonly deadlineMs: number;
  /** How often a session is tried again when the database gave it up and nothing of it counts. */
  readonly retries: number;
  /** Connections to PostgreSQL at most. */
  readonly poolSize: number;
  /** How long rows, or a SQLite file, held by somebody else are waited for. */
  readonly busyLimitMs: number;
  /** Free space below which write sessions that ask for it are refused, on the disk of a SQLite file. */
  readonly minFreeBytes: number;
  /** A session open for longer is logged with its name. */
  readonly slowSessionMs: number;
  /** PostgreSQL ends a statement, and a session nobody goes on with, after this; migrations may take longer. */
  readonly statementLimitMs: number;
  /** How long a server waits at its start for a PostgreSQL server that is not there yet. */
  readonly startLimitMs: number;
  // Private, so that neither JSON nor a log ever shows the password.
  readonly #place: PostgresPlace | null;

  private constructor(environment: EnvironmentName, values: Settings, catalogueFile: string) {
    const defaults = DEFAULTS[environment];
    const url: DatabaseUrl = parseDatabaseUrl(values.databaseUrl ?? 'sqlite:') ?? {
      kind: 'sqlite',
      file: null,
    };
    this.environment = environment;
    this.kind = url.kind;
    this.file = url.kind === 'sqlite' ? (url.file ?? catalogueFile) : null;
    this.#place = url.kind === 'postgres' ? url.place : null;
    this.url =
      this.file === null ? shownDatabaseUrl(values.databaseUrl ?? '') : `sqlite://${encodeURI(this.file)}`;
    this.schema = values.databaseSchema ?? SCHEMA;
    this.isShared = values.sharedCatalogue ?? false;
    this.caFile = values.databaseCaFile ?? null;
    this.deadlineMs = values.databaseDeadlineMs ?? defaults.deadlineMs;
    this.retries = values.databaseRetries ?? defaults.retries;
    this.poolSize = values.databasePoolSize ?? defaults.poolSize;
    this.busyLimitMs = values.databaseBusyMs ?? defaults.busyLimitMs;
    this.minFreeBytes = (values.databaseMinFreeMb ?? defaults.minFreeMb) * MB;
    this.slowSessionMs = values.databaseSlowMs ?? defaults.slowSessionMs;
    this.statementLimitMs = values.databaseStatementMs ?? defaults.statementLimitMs;
    this.startLimitMs = values.databaseStartMs ?? defaults.startLimitMs;
    Object.freeze(this);
  }

  /** Reads the settings; touches no disk. Throws `config-invalid` or `config-default-store-in-test`. */
  static fromEnvironment(
    name?: EnvironmentName,
    overrides: Partial<Record<SettingName, unknown>> = {},
    env: ProcessEnvironment = process.env,
  ): DatabaseConfig {
    const { values } = readSettings({ ...overrides, environment: name ?? overrides['environment'] }, env);
    const environment = values.environment ?? 'production';
    const { catalogueFile } = layoutOf(dataDirOf(environment, values, env));
    return DatabaseConfig.of(environment, values, catalogueFile);
  }

  /** From settings that were read already; `catalogueFile` is where SQLite is when no URL names another place. */
  static of(environment: EnvironmentName, values: Settings, catalogueFile: string): DatabaseConfig {
    return new DatabaseConfig(environment, values, catalogueFile);
  }

  /** With the password: to be handed to the driver and to nobody else. Undefined with SQLite. */
  get postgresPlace(): PostgresPlace | undefined {
    return this.#place ?? undefined;
  }
}
