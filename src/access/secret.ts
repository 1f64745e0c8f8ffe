import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sha256Hex } from '../model/digest.ts';

const SECRET_BYTES = 32;
const TOKEN_PREFIX = 'vrp_';
const TOKEN_PATTERN = /^vrp_[A-Za-z0-9_-]{43}$/;

/** A bearer token: 256 random bits with a prefix that secret scanners can recognise. */
export function newToken(): string {
  return TOKEN_PREFIX + newSecret();
}

export function isToken(value: string): boolean {
  return TOKEN_PATTERN.test(value);
}

export function newSecret(sizeBytes = SECRET_BYTES): string {
  return randomBytes(sizeBytes).toString('base64url');
}

/** Secrets here have at least 128 random bits, so that a plain hash is enough: there is nothing to guess. */
export function hashSecret(secret: string): Sha256Hex {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in a time that does not depend on where the two differ. */
export function isSameHash(a: Sha256Hex, b: Sha256Hex): boolean {
  return timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));
}
