import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How much a connection to PostgreSQL is protected; the words are those of `sslmode` in its own URLs. */
export const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** Where a PostgreSQL server is, and as whom it is spoken to. */
export interface PostgresPlace {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
  /** Undefined: as `PGPASSWORD` or the password file of PostgreSQL's own programs say. */
  readonly password: string | undefined;
  readonly tlsMode: TlsMode;
}

export type DatabaseUrl =
  | { readonly kind: 'sqlite' /** Null: in the data folder. */; readonly file: string | null }
  | { readonly kind: 'postgres'; readonly place: PostgresPlace };

export const DATABASE_URL_WORDS =
  '"sqlite:", "sqlite:///absolute/path", or "postgres://user:password@host:port/database" with at most ' +
  `?sslmode=${TLS_MODES.join('|')} and host=/folder/of/a/socket behind it`;

const POSTGRES_PORT = 5432;
const KNOWN_PARAMETERS = new Set(['sslmode', 'host']);

/** Undefined for what is no such URL. */
export function parseDatabaseUrl(text: string): DatabaseUrl | undefined {
  if (text === 'sqlite:') return { kind: 'sqlite', file: null };
  if (!URL.canParse(text) || text.includes('\0')) return undefined;
  const url = new URL(text);
  if (url.protocol === 'sqlite:') return parseSqlite(url);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') return undefined;
  try {
    return parsePostgres(url);
  } catch (error) {
    // A percent sign that encodes nothing.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The URL without its password, for people and logs. */
export function shownDatabaseUrl(text: string): string {
  if (!URL.canParse(text)) return 'a URL that cannot be read';
  const url = new URL(text);
  if (url.password !== '') url.password = '***';
  return url.href;
}

function parseSqlite(url: URL): DatabaseUrl | undefined {
  if (url.host !== '' || url.search !== '' || url.hash !== '' || !url.href.startsWith('sqlite:///'))
    return undefined;
  try {
    const file = fileURLToPath(`file://${url.pathname}`);
    return isAbsolute(file) && !file.endsWith('/') ? { kind: 'sqlite', file } : undefined;
  } catch {
    return undefined;
  }
}

function parsePostgres(url: URL): DatabaseUrl | undefined {
  const parameters = url.searchParams;
  if (url.hash !== '' || [...parameters.keys()].some((key) => !KNOWN_PARAMETERS.has(key))) return undefined;
  const socketFolder = parameters.get('host');
  if (socketFolder !== null && !isAbsolute(socketFolder)) return undefined;
  const host = socketFolder ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
  const database = decodeURIComponent(url.pathname.slice(1));
  if (host === '' || database === '' || database.includes('/')) return undefined;
  const wanted = parameters.get('sslmode') ?? (isOnThisMachine(host) ? 'disable' : 'verify-full');
  const tlsMode = TLS_MODES.find((mode) => mode === wanted);
  if (tlsMode === undefined) return undefined;
  const place = {
    host,
    port: url.port === '' ? POSTGRES_PORT : Number(url.port),
    database,
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tlsMode,
  };
  return { kind: 'postgres', place };
}

/** Nobody listens between this program and a server on the same machine. */
function isOnThisMachine(host: string): boolean {
  return isAbsolute(host) || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
