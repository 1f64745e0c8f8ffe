import { VoiceRecorderError } from '../model/failure.ts';

/** What may still be begun, in the order in which it is given up. A take that is running is never given up. */
export interface Acceptance {
  /** Peaks, renditions and joined takes are made. */
  readonly derived: boolean;
  /** Files are imported and uploaded, if they fit. */
  readonly imports: boolean;
  /** New takes begin. */
  readonly takes: boolean;
}

// Shares of what is to stay free (`VRP_MIN_DISK_SPACE_MB`), below which each is given up.
const DERIVED_SHARE = 1.5;
const TAKES_SHARE = 0.5;
/** A recording takes some six files and folders. */
const LEAST_INODES = 100;

export interface RoomReading {
  readonly freeBytes: number;
  readonly freeInodes: number | null;
}

/** `keepFreeBytes` 0: room is not judged, the disk itself refuses. */
export function acceptanceAt(room: RoomReading, keepFreeBytes: number): Acceptance {
  if (keepFreeBytes === 0) return { derived: true, imports: true, takes: true };
  const hasNames = room.freeInodes === null || room.freeInodes >= LEAST_INODES;
  return {
    derived: hasNames && room.freeBytes >= keepFreeBytes * DERIVED_SHARE,
    imports: hasNames && room.freeBytes > keepFreeBytes,
    takes: hasNames && room.freeBytes >= keepFreeBytes * TAKES_SHARE,
  };
}

const WORDS: Readonly<Record<keyof Acceptance, { readonly what: string; readonly share: number }>> = {
  derived: { what: 'No derived file is made', share: DERIVED_SHARE },
  imports: { what: 'No file is taken in', share: 1 },
  takes: { what: 'No new take is taken in', share: TAKES_SHARE },
};

/** Throws `disk-full` when `kind` is given up at this reading. */
export function requireAccepted(kind: keyof Acceptance, room: RoomReading, keepFreeBytes: number): void {
  if (acceptanceAt(room, keepFreeBytes)[kind]) return;
  const { what, share } = WORDS[kind];
  const neededBytes = Math.ceil(keepFreeBytes * share);
  const isShortOfNames = room.freeInodes !== null && room.freeInodes < LEAST_INODES;
  const why = isShortOfNames
    ? `the disk has room for ${room.freeInodes} more files only; ${LEAST_INODES} are to stay free`
    : `${room.freeBytes} bytes are free on the disk, and it needs ${neededBytes} (VRP_MIN_DISK_SPACE_MB)`;
  throw new VoiceRecorderError('disk-full', `${what}: ${why}. What is being recorded goes on.`, {
    details: { freeBytes: room.freeBytes, neededBytes },
  });
}

/** Of what the reserve gave back, so much is kept from takes that go on: for ends of takes, the catalogue and purges. */
const LAST_ROOM_BYTES = 8 * 1024 * 1024;

/** Throws `disk-full` when the last room is reached, after the disk was full once. */
export function requireMoreThanLastRoom({ freeBytes }: RoomReading): void {
  if (freeBytes >= LAST_ROOM_BYTES) return;
  throw new VoiceRecorderError(
    'disk-full',
    `The disk is full: the last ${freeBytes} bytes are kept for what is ended or purged. What was acknowledged is safe.`,
    { details: { freeBytes } },
  );
}
