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

/** What may still lie around of a recording whose purge is not finished. */
export interface Remains {
  readonly storedFilename: string;
  readonly takeId: string | null;
  /** Also what lies of it in quarantine is to go. */
  readonly isEverywhere: boolean;
}

/** What a file in `tombstones/` says. */
export interface KnownTombstone extends Tombstone {
  /** What has still to be removed; null when nothing has. */
  readonly remains: Remains | null;
}

/** A tombstone whose recording may still have files. */
export interface Burial extends Tombstone, Remains {}

export function tombstoneKey(id: RecordingId): string {
  return `tombstones/${id}.json`;
}

/** The exact content of the file, as `docs/format.md` has it; with `remains` as long as they may be there. */
export function tombstoneText({ id, checksum, purgedAt }: Tombstone, remains?: Remains): string {
  const content = { format: FORMAT, formatVersion: 1, id, checksum, purgedAt };
  if (remains === undefined) return `${JSON.stringify(content, null, 2)}\n`;
  const { storedFilename, takeId, isEverywhere } = remains;
  const unfinished = { ...content, remains: { storedFilename, takeId, isEverywhere } };
  return `${JSON.stringify(unfinished, null, 2)}\n`;
}

/** Undefined for what is no tombstone of this format. */
export function readTombstone(text: string): Tombstone | undefined {
  const { format, id, checksum, purgedAt } = parse(text);
  if (format !== FORMAT || typeof id !== 'string' || !isId(id)) return undefined;
  if (typeof checksum !== 'string' || !isSha256Hex(checksum) || typeof purgedAt !== 'string')
    return undefined;
  return { id, checksum, purgedAt };
}

/** Undefined once the purge is finished. */
export function readRemains(text: string): Remains | undefined {
  const { id, remains } = parse(text);
  if (typeof id !== 'string' || typeof remains !== 'object' || remains === null) return undefined;
  const { storedFilename, takeId, isEverywhere } = remains as Partial<Record<keyof Remains, unknown>>;
  // The name of a stored file bears its id: nothing else is ever removed for it.
  if (typeof storedFilename !== 'string' || !storedFilename.includes(id)) return undefined;
  return {
    storedFilename,
    takeId: typeof takeId === 'string' ? takeId : null,
    isEverywhere: isEverywhere === true,
  };
}

function parse(
  text: string,
): Partial<Record<'format' | 'id' | 'checksum' | 'purgedAt' | 'remains', unknown>> {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null ? found : {};
  } catch {
    return {};
  }
}
