import { VoiceRecorderError } from '../model/failure.ts';
import { isId } from '../model/id.ts';
import type { RecordingRow } from './recording-row.ts';

/** The last recording of a page: the next page begins behind it. */
export interface ListPosition {
  readonly createdAt: string;
  readonly id: string;
  readonly rowKey: number;
}

const POSITION = /^1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f-]{36}) (\d{1,16})$/;

export function encodeCursor(row: RecordingRow): string {
  return Buffer.from(`1 ${row.created_at} ${row.id} ${row.row_key}`).toString('base64url');
}

/** Rejects everything but what {@link encodeCursor} makes, with `cursor-invalid`. */
export function decodeCursor(cursor: string): ListPosition {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, createdAt = '', id = '', rowKeyDigits = ''] = POSITION.exec(text) ?? [];
  const rowKey = Number(rowKeyDigits);
  const isCanonical = Buffer.from(text, 'latin1').toString('base64url') === cursor;
  if (!isCanonical || !isId(id) || Number.isNaN(Date.parse(createdAt)) || !Number.isSafeInteger(rowKey)) {
    throw new VoiceRecorderError(
      'cursor-invalid',
      'The cursor is not one that a list answered with; begin again without a cursor.',
    );
  }
  return { createdAt, id, rowKey };
}
