import { createHash } from 'node:crypto';
import { VoiceRecorderError } from '../model/failure.ts';

/** Where a page ended: what its last recording is ordered by. */
export type ListPosition = readonly (string | number)[];

/** `list` says which list it is; the cursor serves no other one. */
export function encodeCursor(list: string, position: ListPosition): string {
  const text = JSON.stringify(position);
  const seal = createHash('sha256').update(`${list}\n${text}`).digest('base64url').slice(0, 16);
  return `${seal}.${Buffer.from(text).toString('base64url')}`;
}

/**
 * Rejects everything but what {@link encodeCursor} makes for the same list, with `cursor-invalid`. The seal finds
 * mistakes, not forgers: who forges one gets a page that begins elsewhere, of a list he may read anyway. `isPlace`:
 * whether such a page can have ended there.
 */
export function decodeCursor(
  list: string,
  cursor: string,
  isPlace: (position: ListPosition) => boolean,
): ListPosition {
  const position = readPosition(cursor.slice(cursor.indexOf('.') + 1));
  if (position !== undefined && encodeCursor(list, position) === cursor && isPlace(position)) return position;
  throw new VoiceRecorderError(
    'cursor-invalid',
    'The cursor is not one that this list, with this order and these filters, answered with; begin again without a cursor.',
  );
}

function readPosition(encoded: string): ListPosition | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    return Array.isArray(position) && position.every(isKey) ? position : undefined;
  } catch {
    return undefined;
  }
}

function isKey(value: unknown): value is string | number {
  return typeof value === 'string' || Number.isSafeInteger(value);
}
