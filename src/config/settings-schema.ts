import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { readAlertRules } from './alert-rules.ts';
import { DATABASE_URL_WORDS, parseDatabaseUrl } from './database-url.ts';
import { ENVIRONMENT_NAMES } from './environments.ts';

/** How a setting is written in the environment, and what is accepted, in words for a person. */
interface SettingWords {
  readonly variable: string;
  readonly expected: string;
  /** Its value is never shown. */
  readonly isSecret?: boolean;
}

const wordsOf = new Map<string, SettingWords>();

function setting<Value>(name: string, words: SettingWords, parse: (raw: unknown) => Value | undefined) {
  wordsOf.set(name, words);
  return z
    .unknown()
    .transform((raw, context) => {
      const value = parse(raw);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: words.expected });
      return z.NEVER;
    })
    .optional();
}

function wholeNumber(name: string, variable: string, min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return setting(name, { variable, expected }, (raw) => {
    const value = typeof raw === 'string' && /^\d{1,12}$/.test(raw) ? Number(raw) : raw;
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : undefined;
  });
}

function onOff(name: string, variable: string) {
  return setting(name, { variable, expected: '"on" or "off"' }, (raw) => {
    const word = typeof raw === 'string' ? raw.toLowerCase() : raw;
    if (word === true || word === 'on' || word === 'true' || word === '1' || word === 'yes') return true;
    if (word === false || word === 'off' || word === 'false' || word === '0' || word === 'no') return false;
    return undefined;
  });
}

function oneOf<const Words extends readonly string[]>(name: string, variable: string, words: Words) {
  const expected = `one of ${words.join(', ')}`;
  return setting(name, { variable, expected }, (raw) =>
    words.find((word): word is Words[number] => word === raw),
  );
}

function path(name: string, variable: string, expected = 'an absolute path') {
  return setting(name, { variable, expected }, (raw) =>
    typeof raw === 'string' && isAbsolute(raw) && !raw.includes('\0') ? raw : undefined,
  );
}

function text(name: string, variable: string, expected: string, pattern: RegExp) {
  return setting(name, { variable, expected }, (raw) =>
    typeof raw === 'string' && pattern.test(raw) ? raw : undefined,
  );
}

function list(
  name: string,
  variable: string,
  expected: string,
  isItem: (word: string) => boolean,
  isSecret = false,
) {
  return setting(name, { variable, expected, isSecret }, (raw) => {
    const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
    if (!Array.isArray(items)) return undefined;
    const words = items.filter((item): item is string => typeof item === 'string' && item !== '');
    return words.length > 0 && words.every(isItem) ? words : undefined;
  });
}

function secret(name: string, variable: string) {
  const expected = 'a word of 8 characters or more';
  return setting(name, { variable, expected, isSecret: true }, (raw) =>
    typeof raw === 'string' && /^[\x21-\x7e]{8,500}$/.test(raw) ? raw : undefined,
  );
}

/** No variable of the environment has this name. */
const FILE_ONLY = '(configuration file only)';
const HTTP_ADDRESSES = 'https:// or http:// addresses separated by commas';

function isHttpAddress(word: string): boolean {
  return /^https?:\/\//.test(word) && URL.canParse(word) && new URL(word).username === '';
}

const HOST_NAME = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;

/** Every setting there is. A config file uses these names; the environment uses the variables. */
export const settingsSchema = z.strictObject({
  environment: oneOf('environment', 'VRP_ENV', ENVIRONMENT_NAMES),
  dataDir: path('dataDir', 'VRP_DATA_DIR'),
  stateDir: path('stateDir', 'VRP_STATE_DIR'),
  minDiskSpaceMb: wholeNumber('minDiskSpaceMb', 'VRP_MIN_DISK_SPACE_MB', 0, 100_000_000),
  enableDiskSpaceCheck: onOff('enableDiskSpaceCheck', 'VRP_DISK_SPACE_CHECK'),
  maxFileMb: wholeNumber('maxFileMb', 'VRP_MAX_FILE_MB', 0, 100_000_000),
  patrolMbPerSecond: wholeNumber('patrolMbPerSecond', 'VRP_PATROL_MB_PER_SECOND', 0, 100_000),
  healthSeconds: wholeNumber('healthSeconds', 'VRP_HEALTH_SECONDS', 0, 3600),
  patrolDays: wholeNumber('patrolDays', 'VRP_PATROL_DAYS', 1, 3650),
  purgeTrash: onOff('purgeTrash', 'VRP_PURGE_TRASH'),
  backups: onOff('backups', 'VRP_BACKUPS'),
  alertRules: setting(
    'alertRules',
    {
      variable: 'VRP_ALERT_RULES',
      expected:
        'JSON: a list of {"check", "at", "above", "below", "clear", "afterSeconds", "clearAfterSeconds"}',
    },
    readAlertRules,
  ),
  alertWebhooks: list('alertWebhooks', 'VRP_ALERT_WEBHOOKS', HTTP_ADDRESSES, isHttpAddress, true),
  alertWebhookSecret: secret('alertWebhookSecret', 'VRP_ALERT_WEBHOOK_SECRET'),
  alertNtfy: list('alertNtfy', 'VRP_ALERT_NTFY', HTTP_ADDRESSES, isHttpAddress, true),
  alertNtfyToken: secret('alertNtfyToken', 'VRP_ALERT_NTFY_TOKEN'),
  // What the environment says must not become a program that is run.
  alertCommand: setting(
    'alertCommand',
    { variable: FILE_ONLY, expected: 'a list: the absolute path of a program, and its arguments' },
    (raw) =>
      Array.isArray(raw) &&
      raw.every((word) => typeof word === 'string' && !word.includes('\0')) &&
      isAbsolute(raw[0] ?? '')
        ? (raw as string[])
        : undefined,
  ),
  backupDays: wholeNumber('backupDays', 'VRP_BACKUP_DAYS', 1, 3650),
  backupWeeks: wholeNumber('backupWeeks', 'VRP_BACKUP_WEEKS', 0, 520),
  uploadExpiryDays: wholeNumber('uploadExpiryDays', 'VRP_UPLOAD_EXPIRY_DAYS', 1, 3650),
  databaseUrl: setting(
    'databaseUrl',
    { variable: 'DATABASE_URL', expected: DATABASE_URL_WORDS, isSecret: true },
    (raw) => (typeof raw === 'string' && parseDatabaseUrl(raw) !== undefined ? raw : undefined),
  ),
  databaseCaFile: path('databaseCaFile', 'DATABASE_CA_FILE', 'an absolute path of PEM certificates'),
  databaseSchema: text(
    'databaseSchema',
    'VRP_DATABASE_SCHEMA',
    'a name of small letters, digits and underscores',
    /^[a-z_][a-z0-9_]{0,39}$/,
  ),
  sharedCatalogue: onOff('sharedCatalogue', 'VRP_SHARED_CATALOGUE'),
  databasePoolSize: wholeNumber('databasePoolSize', 'VRP_DATABASE_POOL_SIZE', 2, 500),
  databaseDeadlineMs: wholeNumber('databaseDeadlineMs', 'VRP_DATABASE_DEADLINE_MS', 100, 3_600_000),
  databaseRetries: wholeNumber('databaseRetries', 'VRP_DATABASE_RETRIES', 0, 100),
  databaseBusyMs: wholeNumber('databaseBusyMs', 'VRP_DATABASE_BUSY_MS', 0, 600_000),
  databaseMinFreeMb: wholeNumber('databaseMinFreeMb', 'VRP_DATABASE_MIN_FREE_MB', 0, 100_000_000),
  databaseSlowMs: wholeNumber('databaseSlowMs', 'VRP_DATABASE_SLOW_MS', 1, 3_600_000),
  databaseStatementMs: wholeNumber('databaseStatementMs', 'VRP_DATABASE_STATEMENT_MS', 100, 3_600_000),
  databaseStartMs: wholeNumber('databaseStartMs', 'VRP_DATABASE_START_MS', 0, 3_600_000),
  host: text('host', 'VRP_HOST', 'an address or host name', /^(\[?[0-9a-fA-F:.]+\]?|[A-Za-z0-9._-]+)$/),
  port: wholeNumber('port', 'VRP_PORT', 0, 65_535),
  publicUrl: setting(
    'publicUrl',
    { variable: 'VRP_PUBLIC_URL', expected: 'an https:// or http:// address without path' },
    readOrigin,
  ),
  allowedHosts: list('allowedHosts', 'VRP_ALLOWED_HOSTS', 'host names separated by commas', (word) =>
    HOST_NAME.test(word),
  ),
  trustedProxies: list(
    'trustedProxies',
    'VRP_TRUSTED_PROXIES',
    'IP addresses or networks (10.0.0.0/8) of proxies, separated by commas',
    isAddressOrNetwork,
  ),
  tlsCert: path('tlsCert', 'VRP_TLS_CERT', 'an absolute path of a PEM certificate'),
  tlsKey: path('tlsKey', 'VRP_TLS_KEY', 'an absolute path of a PEM private key'),
  insecure: onOff('insecure', 'VRP_INSECURE'),
  logLevel: oneOf('logLevel', 'VRP_LOG_LEVEL', [
    'fatal',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
    'silent',
  ]),
  logFile: setting('logFile', { variable: 'VRP_LOG_FILE', expected: 'an absolute path, or "off"' }, (raw) =>
    typeof raw === 'string' && (raw === 'off' || (isAbsolute(raw) && !raw.includes('\0'))) ? raw : undefined,
  ),
  logNames: onOff('logNames', 'VRP_LOG_NAMES'),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings & string;

export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

export function settingWords(name: string): SettingWords | undefined {
  return wordsOf.get(name);
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}

function readOrigin(raw: unknown): string | undefined {
  if (typeof raw !== 'string' || !URL.canParse(raw)) return undefined;
  const url = new URL(raw);
  const isOrigin = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return isOrigin && /^https?:$/.test(url.protocol) ? url.origin : undefined;
}
