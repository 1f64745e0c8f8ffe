import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { VoiceRecorderError } from '../model/failure.ts';

/** A certificate with its chain and its key, as PEM, that were found to belong together. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The server's own certificate, as far as people need to know it. */
export interface TlsFacts {
  readonly validTo: Date;
  /** What a browser will say of the dates; undefined when nothing. */
  readonly warning: string | undefined;
}

const WARN_BEFORE_MS = 14 * 24 * 3600 * 1000;

/**
 * Reads both files anew. Rejects with `tls-invalid` when one is missing, unreadable, or not what it should be, or when
 * they do not belong together.
 */
export async function readTlsFiles(certPath: string, keyPath: string): Promise<TlsFiles> {
  const [cert, key] = await Promise.all([
    readPem(certPath, 'certificate (--tls-cert, VRP_TLS_CERT)'),
    readPem(keyPath, 'private key (--tls-key, VRP_TLS_KEY)'),
  ]);
  const certificate = parse(certPath, 'PEM certificate', () => new X509Certificate(cert));
  const privateKey = parse(keyPath, 'PEM private key without a passphrase', () => createPrivateKey(key));
  if (!belongTogether(certificate, privateKey)) {
    throw new VoiceRecorderError(
      'tls-invalid',
      `The key in ${keyPath} does not belong to the first certificate in ${certPath}. The server's own certificate ` +
        'comes first in the file, those of its authorities after it.',
    );
  }
  return { cert, key };
}

/** What the certificate says of its own time. */
export function describeTls({ cert }: TlsFiles, nowMs: number): TlsFacts {
  const { validFromDate, validToDate: validTo } = new X509Certificate(cert);
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (validTo.getTime() <= nowMs) {
    return { validTo, warning: `The TLS certificate expired on ${day(validTo)}; browsers will refuse it.` };
  }
  if (validFromDate.getTime() > nowMs) {
    return {
      validTo,
      warning: `The TLS certificate is valid from ${day(validFromDate)} only; browsers refuse it before.`,
    };
  }
  if (validTo.getTime() - nowMs < WARN_BEFORE_MS) {
    return { validTo, warning: `The TLS certificate expires on ${day(validTo)}: renew it before.` };
  }
  return { validTo, warning: undefined };
}

async function readPem(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new VoiceRecorderError('tls-invalid', `The ${what} ${path} cannot be read: ${reason}.`, { cause });
  }
}

function parse<Value>(path: string, expected: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VoiceRecorderError('tls-invalid', `${path}: expected a ${expected}, but ${reason}.`, { cause });
  }
}

function belongTogether(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    // Keys of different kinds cannot even be compared.
    return false;
  }
}
