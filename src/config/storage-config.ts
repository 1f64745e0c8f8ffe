import { resolve } from 'node:path';
import { type AlertConfig, alertConfigOf } from './alert-config.ts';
import { dataDirOf } from './data-dir.ts';
import { DatabaseConfig } from './database-config.ts';
import { ENVIRONMENTS, type EnvironmentName } from './environments.ts';
import { layoutOf, type PathLayout } from './path-layout.ts';
import { defaultStateDir, type ProcessEnvironment } from './platform-folders.ts';
import { prepareFolders } from './prepare-folders.ts';
import { type ReadSettings, readSettings } from './read-settings.ts';
import type { SettingName } from './settings-schema.ts';

/** Values that take the place of what environment and config file say. */
export type StorageOverrides = Partial<Record<SettingName, unknown>>;

/**
 * Where recordings lie and which limits hold, for one environment. Frozen; made once at the edge and handed on.
 *
 * @example
 * const config = StorageConfig.fromEnvironment('development');
 * config.minDiskSpaceMb; // 50
 */
export class StorageConfig implements PathLayout {
  readonly environment: EnvironmentName;
  readonly dataDir: string;
  readonly stateDir: string;
  readonly rawRecordingsPath: string;
  readonly editedRecordingsPath: string;
  readonly derivedPath: string;
  readonly spoolPath: string;
  readonly quarantinePath: string;
  readonly backupPath: string;
  readonly catalogueFile: string;
  readonly reserveFile: string;
  readonly lockFile: string;
  readonly markerFile: string;
  /** Which database holds the catalogue, and the limits of its sessions. */
  readonly database: DatabaseConfig;
  /** Free space below which imports and new uploads are refused, in MB (10^6 bytes). */
  readonly minDiskSpaceMb: number;
  readonly enableDiskSpaceCheck: boolean;
  /** Largest declared import or upload in MB (10^6 bytes); 0 means no limit but free space. */
  readonly maxFileMb: number;
  /** Age at which trash is recommended for clean-up. */
  readonly retentionDays: number;
  /** True: what lies in the trash for longer than that is purged by the clock; false unless somebody said so. */
  readonly purgeTrash: boolean;
  /** True: a running server makes a snapshot of the catalogue each day. */
  readonly backups: boolean;
  /** Of so many days and weeks the last snapshot is kept. */
  readonly backupDays: number;
  readonly backupWeeks: number;
  /** Days without activity after which an unfinished take is adopted as "Recovered". */
  readonly uploadExpiryDays: number;
  /** How fast a running server re-reads originals in the background, in MB (10^6 bytes) a second; 0: not at all. */
  readonly patrolMbPerSecond: number;
  /** Seconds from one round of health checks to the next; 0: none but when somebody asks. */
  readonly healthSeconds: number;
  /** When people are told that something is not well, and where. */
  readonly alerts: AlertConfig;
  /** Each original is read again after so many days. */
  readonly patrolDays: number;

  private constructor(environment: EnvironmentName, settings: ReadSettings, env: ProcessEnvironment) {
    const { values } = settings;
    const defaults = ENVIRONMENTS[environment];
    this.environment = environment;
    this.dataDir = dataDirOf(environment, values, env);
    this.stateDir = resolve(values.stateDir ?? defaultStateDir(env));
    const layout = layoutOf(this.dataDir);
    this.rawRecordingsPath = layout.rawRecordingsPath;
    this.editedRecordingsPath = layout.editedRecordingsPath;
    this.derivedPath = layout.derivedPath;
    this.spoolPath = layout.spoolPath;
    this.quarantinePath = layout.quarantinePath;
    this.backupPath = layout.backupPath;
    this.database = DatabaseConfig.of(environment, values, layout.catalogueFile);
    this.catalogueFile = this.database.file ?? layout.catalogueFile;
    this.reserveFile = layout.reserveFile;
    this.lockFile = layout.lockFile;
    this.markerFile = layout.markerFile;
    this.minDiskSpaceMb = values.minDiskSpaceMb ?? defaults.minDiskSpaceMb;
    this.enableDiskSpaceCheck = values.enableDiskSpaceCheck ?? defaults.enableDiskSpaceCheck;
    this.maxFileMb = values.maxFileMb ?? defaults.maxFileMb;
    this.retentionDays = defaults.retentionDays;
    this.purgeTrash = values.purgeTrash ?? false;
    this.backups = values.backups ?? true;
    this.backupDays = values.backupDays ?? 7;
    this.backupWeeks = values.backupWeeks ?? 4;
    this.uploadExpiryDays = values.uploadExpiryDays ?? 7;
    this.healthSeconds = values.healthSeconds ?? defaults.healthSeconds;
    this.patrolMbPerSecond = values.patrolMbPerSecond ?? defaults.patrolMbPerSecond;
    this.patrolDays = values.patrolDays ?? 30;
    this.alerts = alertConfigOf(settings);
    Object.freeze(this);
  }

  /**
   * Reads settings, makes the folders (0700) and tests them by writing.
   * Throws `config-invalid`, `store-not-writable`, or `config-default-store-in-test`.
   */
  static fromEnvironment(
    name?: EnvironmentName,
    overrides: StorageOverrides = {},
    env: ProcessEnvironment = process.env,
  ): StorageConfig {
    const config = StorageConfig.describe(name, overrides, env);
    prepareFolders(config);
    return config;
  }

  /** The same values without touching the disk, for `vrp config show` and for stores that must already exist. */
  static describe(
    name?: EnvironmentName,
    overrides: StorageOverrides = {},
    env: ProcessEnvironment = process.env,
  ): StorageConfig {
    const settings = readSettings({ ...overrides, environment: name ?? overrides['environment'] }, env);
    return new StorageConfig(settings.values.environment ?? 'production', settings, env);
  }
}
