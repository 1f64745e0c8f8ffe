import { isId, type RecordingId } from '../model/id.ts';

/** What the name of a stored file tells by itself. */
export interface StoredName {
  readonly id: RecordingId;
  /** Start of receipt, ISO 8601 UTC. */
  readonly createdAt: string;
}

const NAME = /(?:^|\/)(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([0-9a-f-]{36})\.[^./]+$/;

/** `raw/2026/11/20261122T213205Z-<id>.ogg`; undefined for names that are not ours. */
export function readStoredName(key: string): StoredName | undefined {
  const [, year, month, day, hour, minute, second, id = ''] = NAME.exec(key) ?? [];
  if (!isId(id)) return undefined;
  const stampMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(stampMs)) return undefined;
  // RFC 9562 section 5.7: the first 48 bits are milliseconds; ids are made at the start of receipt.
  const idMs = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  const isSameSecond = idMs >= stampMs && idMs < stampMs + 1000;
  return { id, createdAt: new Date(isSameSecond ? idMs : stampMs).toISOString() };
}

/** The path without its ending: what an original and its sidecar have in common. */
export function stemOf(key: string): string {
  return key.replace(/\.[^./]*$/, '');
}
