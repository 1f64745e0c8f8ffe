import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { PoolConfig } from 'pg';
import pg from 'pg';
import { VoiceRecorderError } from '../../model/failure.ts';

/** Where a PostgreSQL database is, and how it is spoken to. */
export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tlsMode: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** Certificates (PEM) that the server's own must come from. */
  readonly caFile?: string | null;
  /** Holds all tables. */
  readonly schema: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** How long a row or a free connection is waited for. */
  readonly busyLimitMs: number;
  /** After which the server ends a statement, or a session nobody goes on with; 60,000 when not given. */
  readonly statementLimitMs?: number;
  /** How long a server that was lost in the midst of a commit is waited for; 30,000 when not given. */
  readonly settleLimitMs?: number;
}

const CONNECT_LIMIT_MS = 10_000;
const IDLE_CONNECTION_MS = 30_000;

// Of PostgreSQL's catalogue of types: counts and sizes fit a JavaScript number, sums of them come as `numeric`.
const NUMBERS = new Set([20, 1700]);
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    NUMBERS.has(oid)
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** How the driver is to connect. Reads the certificates; throws `database-refused` when they cannot be read. */
export function poolSettings(settings: PostgresSettings): PoolConfig {
  return {
    ...clientSettings(settings),
    max: settings.poolSize,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    connectionTimeoutMillis: Math.max(CONNECT_LIMIT_MS, settings.busyLimitMs),
    // Nobody should have to wait for an idle connection before the program can end.
    allowExitOnIdle: true,
  };
}

export function clientSettings(settings: PostgresSettings): pg.ClientConfig {
  const { host, port, database, user, password } = settings;
  return {
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ssl: tlsOptions(settings),
    keepAlive: true,
    types,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    // Names this node in pg_stat_activity.
    application_name: `voice-recorder-pro ${hostname()}`.slice(0, 63),
  };
}

/** The database as it is named to people. */
export function placeName({ host, port, database }: PostgresSettings): string {
  return `the database ${database} on ${host}:${port}`;
}

function tlsOptions({ tlsMode, caFile }: PostgresSettings): NonNullable<pg.ClientConfig['ssl']> {
  if (tlsMode === 'disable') return false;
  const ca = caFile ? readCertificates(caFile) : undefined;
  // As PostgreSQL's own programs take it: whoever names certificates wants them to be looked at.
  const isChecked = tlsMode !== 'require' || ca !== undefined;
  return {
    rejectUnauthorized: isChecked,
    ...(ca === undefined ? {} : { ca }),
    ...(tlsMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new VoiceRecorderError('database-refused', `DATABASE_CA_FILE ${file} cannot be read.`, { cause });
  }
}
