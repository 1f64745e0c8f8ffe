import { VoiceRecorderError } from '../model/failure.ts';

/** True when `If-None-Match` names `etag` (without quotes) or anything; compared weakly (RFC 9110 section 13.1.2). */
export function isNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => {
    const tag = part.trim();
    return tag === '*' || tag === `"${etag}"` || tag === `W/"${etag}"`;
  });
}

/** True when a `Range` still belongs to what `etag` names. A date never does: we send none. */
export function isRangeCurrent(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === `"${etag}"`;
}

/** The version of a take that `If-Match` expects. Undefined when any will do. Throws `invalid-input`. */
export function readExpectedTakeVersion(header: string | undefined): string | undefined {
  const text = header?.trim();
  if (text === undefined || text === '*') return undefined;
  const version = /^"?([0-9a-f]{16})"?$/.exec(text)?.[1];
  if (version !== undefined) return version;
  throw new VoiceRecorderError(
    'invalid-input',
    `If-Match: expected the version of the take, 16 hexadecimal digits; found ${text.slice(0, 80)}.`,
  );
}

/** The version that `If-Match` expects: `"3"` or 3. Undefined when any will do. Throws `invalid-input`. */
export function readExpectedVersion(header: string | undefined): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '*') return undefined;
  const version = /^"?(\d{1,15})"?$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  throw new VoiceRecorderError(
    'invalid-input',
    `If-Match: expected the version of the recording, like "3"; found ${text.slice(0, 80)}.`,
  );
}
