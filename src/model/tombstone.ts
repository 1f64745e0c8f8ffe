import { isSha256Hex, type Sha256Hex } from './digest.ts';
import { isId, type RecordingId } from './id.ts';

const FORMAT = 'voice-recorder-pro/tombstone';

/** What is left of a recording that was purged by a person's word. */
export interface Tombstone {
  readonly id: RecordingId;
  readonly checksum: Sha256Hex;
  /** ISO 8601 UTC. */
  readonly purgedAt: string;
}

/** A tombstone whose recording may still have files. */
export interface Burial extends Tombstone {
  readonly storedFilename: string;
  readonly takeId: string | null;
  /** Also what lies of it in quarantine is to go. */
  readonly isEverywhere: boolean;
}

export function tombstoneKey(id: RecordingId): string {
  return `tombstones/${id}.json`;
}

/** The exact content of the file, as `docs/format.md` has it. */
export function tombstoneText({ id, checksum, purgedAt }: Tombstone): string {
  return `${JSON.stringify({ format: FORMAT, formatVersion: 1, id, checksum, purgedAt }, null, 2)}\n`;
}

/** Undefined for what is no tombstone of this format. */
export function readTombstone(text: string): Tombstone | undefined {
  let found: Partial<Record<'format' | 'id' | 'checksum' | 'purgedAt', unknown>> | null;
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    return undefined;
  }
  const { format, id, checksum, purgedAt } = found ?? {};
  if (format !== FORMAT || typeof id !== 'string' || !isId(id)) return undefined;
  if (typeof checksum !== 'string' || !isSha256Hex(checksum) || typeof purgedAt !== 'string')
    return undefined;
  return { id, checksum, purgedAt };
}
