import { type FailureCode, VoiceRecorderError } from '../../model/failure.ts';

interface Meaning {
  readonly code: FailureCode;
  readonly sentence: string;
  /** The whole session may be tried again, for nothing of it counts and it may well succeed. */
  readonly isRetryable?: boolean;
}

const GONE: Meaning = { code: 'catalogue-failed', sentence: 'The connection was lost', isRetryable: true };
const UNREACHABLE: Meaning = {
  code: 'catalogue-failed',
  sentence: 'The PostgreSQL server cannot be reached',
  isRetryable: true,
};
const REFUSED: Meaning = { code: 'database-refused', sentence: 'The PostgreSQL server let nobody in' };

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '40001': { code: 'catalogue-busy', sentence: 'Another session was quicker', isRetryable: true },
  '40P01': { code: 'catalogue-busy', sentence: 'Two sessions waited for each other', isRetryable: true },
  // Sessions look before they write, so a key that is taken all the same was taken by another one meanwhile.
  '23505': {
    code: 'catalogue-busy',
    sentence: 'Another session has just written the same',
    isRetryable: true,
  },
  '55P03': { code: 'catalogue-busy', sentence: 'Another session has held a row for too long' },
  '57014': { code: 'catalogue-busy', sentence: 'A statement took too long and was given up' },
  '25P03': { code: 'catalogue-busy', sentence: 'A session was idle for too long', isRetryable: true },
  '25P04': { code: 'catalogue-busy', sentence: 'A session took too long and was given up' },
  '53300': { code: 'catalogue-busy', sentence: 'The server has no connection left', isRetryable: true },
  '53100': { code: 'disk-full', sentence: "There is no room left on the database server's disk" },
  '53200': {
    code: 'catalogue-failed',
    sentence: 'The database server has no memory left',
    isRetryable: true,
  },
  '57P01': GONE,
  '57P02': GONE,
  '57P03': { ...UNREACHABLE, sentence: 'The PostgreSQL server is starting or stopping' },
  '57P05': GONE,
  '08000': GONE,
  '08003': GONE,
  '08006': GONE,
  '08P01': GONE,
  '28P01': { ...REFUSED, sentence: 'The PostgreSQL server refused this user or password' },
  '28000': { ...REFUSED, sentence: 'The PostgreSQL server refused this user' },
  '3D000': { ...REFUSED, sentence: 'The PostgreSQL server has no such database' },
  '42501': { ...REFUSED, sentence: 'This user may not do what the catalogue needs' },
  '25006': { ...REFUSED, sentence: 'The database may only be read' },
  '25P02': { code: 'catalogue-failed', sentence: 'An earlier statement of the session had failed' },
  XX001: { code: 'catalogue-damaged', sentence: 'The database is damaged' },
  XX002: { code: 'catalogue-damaged', sentence: 'An index of the database is damaged' },
};

const LOST_SOCKET = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED']);
const NO_SOCKET = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
// What the driver says in words only.
const NO_ROOM = /timeout exceeded when trying to connect/;
const NO_TLS = /does not support SSL connections|certificate|self-signed/i;
const NO_PASSWORD = /password must be a string|No pg_hba\.conf entry/i;
const LOST = /^Connection terminated|not queryable|connection timeout/;

/**
 * A fault of driver or server in the product's own words; faults that are bugs become `internal`. `place` names the
 * database without its password. `isLost`: the connection is gone, and the transaction with it.
 */
export function toFailure(fault: unknown, place: string, isLost: boolean): VoiceRecorderError {
  if (fault instanceof VoiceRecorderError) return fault;
  const message = fault instanceof Error ? fault.message : String(fault);
  const serverCode = codeOf(fault);
  const meaning = MEANINGS[serverCode] ?? meaningOf(serverCode, message) ?? (isLost ? GONE : undefined);
  const details = {
    database: place,
    serverCode,
    isTransactionLost: isLost || meaning === GONE,
    isRetryable: meaning?.isRetryable ?? false,
    isDatabaseOut: isOut(meaning),
  };
  // The driver's own error may carry the statement's values; only its words are kept.
  const cause = new Error(message);
  if (meaning) {
    const sentence = `${meaning.sentence} (${place}): what was said: "${message}".${adviceFor(meaning, message)}`;
    return new VoiceRecorderError(meaning.code, sentence, { cause, details });
  }
  return new VoiceRecorderError('internal', `A statement on ${place} failed: ${message}.`, {
    cause,
    details,
  });
}

/** Whether nobody can use this connection any more. */
export function isConnectionLost(fault: unknown): boolean {
  const code = codeOf(fault);
  if (MEANINGS[code] === GONE || LOST_SOCKET.has(code) || code === '25P03' || code === '25P04') return true;
  return code === '' && LOST.test(fault instanceof Error ? fault.message : '');
}

/** Whether nobody answers there, or a server that is about to start or to stop: it may well answer in a moment. */
export function isServerAway(fault: unknown): boolean {
  const code = codeOf(fault);
  if (code === '57P03' || NO_SOCKET.has(code) || LOST_SOCKET.has(code)) return true;
  return code === '' && LOST.test(fault instanceof Error ? fault.message : '');
}

function codeOf(fault: unknown): string {
  const code = fault instanceof Error && 'code' in fault ? fault.code : '';
  return typeof code === 'string' ? code : '';
}

function meaningOf(code: string, message: string): Meaning | undefined {
  if (LOST_SOCKET.has(code)) return GONE;
  if (NO_SOCKET.has(code)) return UNREACHABLE;
  if (NO_ROOM.test(message)) return MEANINGS['53300'];
  if (NO_TLS.test(message))
    return { ...REFUSED, sentence: 'The connection cannot be protected as asked for' };
  if (NO_PASSWORD.test(message)) return MEANINGS['28P01'];
  return LOST.test(message) ? GONE : undefined;
}

/** The server or the way to it failed, whoever had asked. */
function isOut(meaning: Meaning | undefined): boolean {
  if (meaning === undefined || meaning === MEANINGS['25P02'] || meaning === MEANINGS['42501']) return false;
  return meaning.code !== 'catalogue-busy' && meaning.code !== 'disk-full';
}

function adviceFor({ code }: Meaning, message: string): string {
  if (code !== 'database-refused') return '';
  return NO_TLS.test(message)
    ? ' Name the certificate it comes from in DATABASE_CA_FILE, or say with sslmode in DATABASE_URL what is enough.'
    : ' See to DATABASE_URL, and to the rights of its user.';
}
