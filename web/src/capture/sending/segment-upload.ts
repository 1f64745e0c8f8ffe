import type { UploadMetadata } from '../../../../src/model/upload-metadata.ts';
import { backOffMs, type Connection } from '../../transfer/connection.ts';
import {
  createUpload,
  headUpload,
  patchUpload,
  type Receipt,
  type TusAnswer,
  type TusDesk,
} from '../../transfer/tus-client.ts';
import type { SegmentSource } from '../take/segment.ts';

export interface UploadDesk extends TusDesk {
  readonly connection: Connection;
  random(): number;
}

/** What one upload tells while it runs. */
export interface UploadListener {
  /** Asked at each creation, so that it carries what is known then. */
  metadata(): UploadMetadata;
  /** The upload's address, to be kept before any byte goes there; null when the server lost it. */
  onUrl(url: string | null): Promise<void>;
  onAcknowledged(offsetBytes: number): void;
  /** `message` null: what stood in the way is gone. */
  onRefusal(message: string | null): void;
}

export type UploadOutcome =
  | { readonly kind: 'sent'; readonly receipt: Receipt }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'stopped' };

/** What an upload does next, from what is known. */
export type Step =
  | { readonly kind: 'create' | 'head' | 'wait' }
  | {
      readonly kind: 'patch';
      readonly from: number;
      readonly to: number;
      readonly lengthBytes: number | null;
    };

export interface UploadSituation {
  readonly url: string | null;
  /** Bytes the server has on stable storage; null when that must be asked. */
  readonly offsetBytes: number | null;
  readonly sizeBytes: number;
  readonly isComplete: boolean;
  readonly hasAudio: boolean;
}

const LARGEST_PATCH_BYTES = 8 * 1024 * 1024;
// A page or two of the encoder: what is flushed goes out within this time, and a backlog in larger pieces.
const PATCH_EVERY_MS = 600;
const BUSY_PAUSE_MS = 1_000;
const NO_SPACE_PAUSE_MS = 20_000;
const UNAUTHORISED_PAUSE_MS = 15_000;
const MISMATCH: string =
  'The server reports another checksum than this browser computed; the local copy of the take stays here.';

const LET_GO: string =
  'The server no longer has bytes that it acknowledged, and this browser had no room for a copy of them; what it could write to its own storage before is still here.';

export function nextStep(situation: UploadSituation): Step {
  const { url, offsetBytes, sizeBytes, isComplete, hasAudio } = situation;
  if (url === null) return { kind: hasAudio ? 'create' : 'wait' };
  if (offsetBytes === null) return { kind: 'head' };
  const from = offsetBytes;
  const to = Math.min(Math.max(from, sizeBytes), from + LARGEST_PATCH_BYTES);
  if (to === from && !isComplete) return { kind: 'wait' };
  // The server may have more than this browser kept (it lost power): the longer one ends where it is.
  return { kind: 'patch', from, to, lengthBytes: isComplete && to >= sizeBytes ? to : null };
}

/**
 * Sends one segment, while it grows and to its end, through every failure of the way; returns when it is decided.
 * Whoever completes the source wakes the connection, so that the closing PATCH does not wait for its second.
 */
export async function sendSegment(
  desk: UploadDesk,
  source: SegmentSource,
  knownUrl: string | null,
  listener: UploadListener,
  signal: AbortSignal,
): Promise<UploadOutcome> {
  let url = knownUrl;
  let offsetBytes: number | null = null;
  let failuresInRow = 0;
  let lastPatchAtMs = Number.NEGATIVE_INFINITY;
  let wasRefused = false;

  async function perform(step: Step): Promise<TusAnswer> {
    if (step.kind === 'create') return createUpload(desk, listener.metadata());
    if (step.kind !== 'patch') return headUpload(desk, url ?? '');
    lastPatchAtMs = performance.now();
    return patchUpload(desk, url ?? '', step.from, source.read(step.from, step.to), step.lengthBytes);
  }

  function clearFailures(): void {
    failuresInRow = 0;
    desk.connection.succeeded();
    if (wasRefused) listener.onRefusal(null);
    wasRefused = false;
  }

  while (!signal.aborted) {
    const step = nextStep({ url, offsetBytes, ...situationOf(source) });
    if (step.kind === 'wait') {
      // Complete and still nothing to create an upload for: it has headers only.
      if (source.isComplete) break;
      await source.changed();
      continue;
    }
    const untilNextMs = lastPatchAtMs + PATCH_EVERY_MS - performance.now();
    if (
      step.kind === 'patch' &&
      !source.isComplete &&
      step.to - step.from < LARGEST_PATCH_BYTES &&
      untilNextMs > 0
    ) {
      await desk.connection.pause(untilNextMs);
      continue;
    }
    const answer = await perform(step);
    switch (answer.kind) {
      case 'created':
        clearFailures();
        await listener.onUrl(answer.url);
        url = answer.url;
        offsetBytes = 0;
        break;
      case 'accepted':
        clearFailures();
        offsetBytes = answer.offsetBytes;
        if (!answer.receipt && offsetBytes < source.sizeBytes && !source.hasAllFrom(offsetBytes))
          return { kind: 'refused', message: LET_GO };
        listener.onAcknowledged(Math.min(offsetBytes, source.sizeBytes));
        if (!answer.receipt) break;
        if (answer.receipt.checksum === source.sha256) return { kind: 'sent', receipt: answer.receipt };
        return { kind: 'refused', message: MISMATCH };
      case 'gone':
        if (!source.hasAllFrom(0)) return { kind: 'refused', message: LET_GO };
        await listener.onUrl(null);
        url = null;
        listener.onAcknowledged(0);
        await desk.connection.pause(backOffMs(++failuresInRow, desk.random()));
        break;
      case 'conflict':
      case 'damaged':
        offsetBytes = null;
        // The first time at once; a server that stays of another opinion is not hammered.
        if (failuresInRow++ > 0) await desk.connection.pause(backOffMs(failuresInRow, desk.random()));
        break;
      case 'busy':
        offsetBytes = null;
        await desk.connection.pause(BUSY_PAUSE_MS);
        break;
      case 'unauthorised':
        desk.connection.failed('unauthorised');
        await desk.connection.pause(UNAUTHORISED_PAUSE_MS);
        break;
      case 'unreachable':
        offsetBytes = null;
        desk.connection.failed('retrying');
        await desk.connection.pause(answer.retryAfterMs ?? backOffMs(++failuresInRow, desk.random()));
        break;
      case 'refused':
        if (answer.isFinal) return { kind: 'refused', message: answer.message };
        offsetBytes = null;
        wasRefused = true;
        listener.onRefusal(answer.message);
        await desk.connection.pause(NO_SPACE_PAUSE_MS);
        break;
    }
  }
  return { kind: 'stopped' };
}

function situationOf(source: SegmentSource): Pick<UploadSituation, 'sizeBytes' | 'isComplete' | 'hasAudio'> {
  return { sizeBytes: source.sizeBytes, isComplete: source.isComplete, hasAudio: source.hasAudio };
}
