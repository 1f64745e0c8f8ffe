/** UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits. */
export type RecordingId = string;

const ID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function newId(nowMs: number): RecordingId {
  const bytes = new Uint8Array(16);
  globalThis.crypto.getRandomValues(bytes);
  let rest = Math.max(0, Math.floor(nowMs));
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** True only for the exact form that {@link newId} makes: safe to use as a folder name. */
export function isId(value: string): value is RecordingId {
  return ID_PATTERN.test(value);
}
