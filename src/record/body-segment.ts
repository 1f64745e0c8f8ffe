import { createHash, type Hash } from 'node:crypto';

/** A body of at most so many bytes is hashed on the spot and goes through the write-ahead log. */
export const SHORT_BODY_BYTES = 256 * 1024;

/** The part of a body that makes the next record. */
export interface Segment {
  readonly startBytes: number;
  lengthBytes: number;
  /** For the log; null when it is too long for that. */
  pieces: Buffer[] | null;
  /** Null when the bytes are hashed elsewhere. */
  readonly hash: Hash | null;
}

/** Bytes that are or will be written, on their way into the journal. */
export interface Unrecorded {
  readonly startBytes: number;
  readonly lengthBytes: number;
  readonly pieces: readonly Buffer[] | null;
  readonly hash: Hash | null;
  readonly written: Promise<boolean>;
}

/** The end of what is safely written but not yet journalled: what can be kept when the disk is full. */
export interface WrittenPart {
  readonly startBytes: number;
  readonly lengthBytes: number;
  readonly hash: Hash | null;
}

export function newSegment(startBytes: number, isLogged: boolean, isHashedHere: boolean): Segment {
  return {
    startBytes,
    lengthBytes: 0,
    pieces: isLogged ? [] : null,
    hash: isHashedHere ? createHash('sha256') : null,
  };
}

export function takeInto(segment: Segment, piece: Buffer): void {
  segment.hash?.update(piece);
  segment.lengthBytes += piece.length;
  // A caller of the library may have promised fewer bytes.
  if (segment.lengthBytes > SHORT_BODY_BYTES) segment.pieces = null;
  segment.pieces?.push(piece);
}
