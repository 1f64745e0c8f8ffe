import { ftruncate } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { VoiceRecorderError } from '../model/failure.ts';
import { checksumRule, lengthRule, STALL_MS, stallRule } from '../validation/transfer-rules.ts';
import type { UploadChunk } from '../voice-recorder.ts';
import { SHORT_BODY_BYTES } from './body-segment.ts';
import { asSpoolFailure, isDiskFull } from './disk.ts';
import type { OpenDescriptors } from './open-descriptors.ts';
import {
  type DigestOfAll,
  ReceivedBytes,
  type ReceivingPlace,
  type ReceivingTools,
} from './received-bytes.ts';
import type { RunningDigests } from './running-digest.ts';
import type { UploadLane } from './upload-lane.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';
import type { WriterTurn } from './writer-turn.ts';

const truncate = promisify(ftruncate);

/** A longer piece is taken in parts, so that hashing it never holds up the event loop. */
const LONGEST_PIECE_BYTES = 1024 * 1024;

export interface BodyTools extends ReceivingTools {
  readonly descriptors: OpenDescriptors;
  /** Hashes whole uploads as they grow, in threads of their own. */
  readonly digests: RunningDigests;
  readonly ahead: WriteAheadLog;
  /** Called on a full disk, before the safe part is journalled. */
  onDiskFull(): Promise<void>;
  /** Called whenever more bytes of the upload are safe. */
  onJournalled(lane: UploadLane, addedBytes: number): void;
}

/**
 * Writes the body of `chunk` behind what `lane` holds. Resolves when all of it is safe. When it rejects, the lane
 * tells what could be kept: with a checksum nothing of this body, without one all that came and could be written.
 */
export async function receiveBody(
  tools: BodyTools,
  lane: UploadLane,
  turn: WriterTurn,
  chunk: UploadChunk,
): Promise<void> {
  await tools.descriptors.use(lane.paths, async (descriptors) => {
    const log = logFor(tools.ahead, lane, chunk);
    const place = {
      descriptors,
      offsetBytes: lane.offsetBytes,
      recordCount: lane.recordCount,
      journalTail: lane.journalTail,
      digestOfAll: digestElsewhere(tools.digests, lane, chunk),
      log,
      // What a socket delivered has no other holder; a caller of the library may use its buffers again.
      ownsPieces: log === null && chunk.body instanceof IncomingMessage,
      isDistrusted: () => lane.isDistrusted,
      onJournalled: (endBytes: number) => {
        const addedBytes = endBytes - lane.offsetBytes;
        lane.noteJournalled(endBytes);
        tools.onJournalled(lane, addedBytes);
      },
    };
    const received = new ReceivedBytes(tools, place, chunk.checksum !== null);
    try {
      await takeAll(received, lane, turn, chunk);
      requireChecksum(received, lane, chunk);
      await received.finish();
    } catch (error) {
      await settleFailure(tools, lane, chunk, received, error);
      if (lane.offsetBytes < received.endBytes) {
        // What follows may be other bytes than those that were hashed ahead.
        tools.digests.forget(lane.id);
        // The next writer overwrites these bytes anyway, and a recovery cuts them off.
        if (!received.hasSyncFailed)
          await truncate(descriptors.data, lane.offsetBytes).catch(() => undefined);
      }
      throw asSpoolFailure(error, `the bytes of upload ${lane.id}`);
    }
  });
}

/**
 * A long body is hashed in a thread that keeps up the checksum of the whole upload anyway: once, and off this one.
 * A body with a checksum of its own, or with few bytes, is hashed here as it passes.
 */
function digestElsewhere(digests: RunningDigests, lane: UploadLane, chunk: UploadChunk): DigestOfAll | null {
  if (chunk.checksum !== null || isShort(chunk) || !digests.isNear(lane.id, lane.offsetBytes)) return null;
  const path = lane.paths.data;
  return {
    follow: (endBytes) => digests.follow(lane.id, path, endBytes),
    of: async (endBytes) => Buffer.from(await digests.finish(lane.id, path, endBytes), 'hex'),
  };
}

/** Null for a long body: writing its bytes twice would cost more than a sync of its own. */
function logFor(ahead: WriteAheadLog, lane: UploadLane, chunk: UploadChunk): ReceivingPlace['log'] {
  if (!isShort(chunk)) return null;
  return (recordIndex, record, pieces) => ahead.append({ lane, recordIndex, record, pieces });
}

function isShort({ contentLengthBytes }: UploadChunk): boolean {
  return contentLengthBytes !== null && contentLengthBytes <= SHORT_BODY_BYTES;
}

async function takeAll(
  received: ReceivedBytes,
  lane: UploadLane,
  turn: WriterTurn,
  chunk: UploadChunk,
): Promise<void> {
  const startBytes = received.endBytes;
  // Not destroyed on an early end: whoever owns the socket must still be able to answer on it.
  const pieces = chunk.body.iterator({ destroyOnReturn: false });
  const watch = endWhenStalled(lane.id, turn);
  try {
    for (;;) {
      turn.waitsForSocket();
      const next = await nextPiece(pieces, lane);
      turn.heardFromSocket();
      if (next === undefined) break;
      const limit = lane.lengthBytes;
      if (limit !== null)
        lengthRule.check({ id: lane.id, endBytes: received.endBytes + next.length, lengthBytes: limit });
      for (let at = 0; at < next.length; at += LONGEST_PIECE_BYTES) {
        await received.accept(next.subarray(at, at + LONGEST_PIECE_BYTES));
      }
    }
  } finally {
    clearInterval(watch);
    turn.heardFromSocket();
    await pieces.return?.();
  }
  const cameBytes = received.endBytes - startBytes;
  if (chunk.contentLengthBytes !== null && cameBytes < chunk.contentLengthBytes) {
    throw cutError(lane, `${chunk.contentLengthBytes} bytes were announced and ${cameBytes} came`);
  }
}

/** A socket that died without a word would keep its upload's descriptors for ever when nobody asks for it again. */
function endWhenStalled(id: string, turn: WriterTurn): NodeJS.Timeout {
  return setInterval(() => {
    try {
      stallRule.check({ id, silentMs: turn.silentMs });
    } catch (error) {
      turn.cutOff(error instanceof Error ? error.message : String(error));
    }
  }, STALL_MS / 4).unref();
}

async function nextPiece(pieces: AsyncIterator<unknown>, lane: UploadLane): Promise<Buffer | undefined> {
  let next: IteratorResult<unknown>;
  try {
    next = await pieces.next();
  } catch (error) {
    throw cutError(lane, 'the connection ended before its body did', error);
  }
  if (next.done === true) return undefined;
  const { value } = next;
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value === 'string') return Buffer.from(value);
  throw new VoiceRecorderError('invalid-input', `The body of upload ${lane.id} must consist of bytes.`);
}

function cutError(lane: UploadLane, what: string, cause?: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'upload-cut',
    `The chunk for upload ${lane.id} was cut off: ${what}. Ask for the offset and go on from there.`,
    { cause },
  );
}

function requireChecksum(received: ReceivedBytes, lane: UploadLane, chunk: UploadChunk): void {
  if (chunk.checksum === null) return;
  checksumRule.check({
    what: `The chunk at ${lane.offsetBytes} of upload ${lane.id}`,
    expected: chunk.checksum,
    found: received.wholeDigest() ?? 'none',
    advice: 'Nothing of it was kept; send it again.',
  });
}

async function settleFailure(
  tools: BodyTools,
  lane: UploadLane,
  chunk: UploadChunk,
  received: ReceivedBytes,
  error: unknown,
): Promise<void> {
  const keepsParts = chunk.checksum === null;
  let worst = error;
  if (keepsParts) await received.finish().catch((later: unknown) => (worst = later));
  if (isDiskFull(worst) && !received.hasSyncFailed) {
    await tools.onDiskFull();
    if (keepsParts) await received.keepWritten();
  }
  await received.abandon();
  // Found out last, for the failure may have come to light just now.
  if (received.hasSyncFailed) lane.isDistrusted = true;
}
