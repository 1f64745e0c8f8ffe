/** A SHA-256 as 64 lower-case hexadecimal digits. */
export type Sha256Hex = string;

export function isSha256Hex(value: string): value is Sha256Hex {
  return /^[0-9a-f]{64}$/.test(value);
}
