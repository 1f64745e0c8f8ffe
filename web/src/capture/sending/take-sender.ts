import type { Segment } from '../take/segment.ts';
import { type TakeDesk, tellProblem } from '../take/take-desk.ts';
import { newSegmentEntry, type TakeDetails, untoldDetails } from '../take/take-manifest.ts';
import { untoldMoments } from '../take/take-moments.ts';
import { type TakeRecord, tellable, uploadMetadataOf } from '../take/take-record.ts';
import type { TakeSegments } from '../take/take-segments.ts';
import { openTakeFolder, removeFile, removeTakeFolder } from '../take/take-store.ts';
import { amendRecording } from './amend-recording.ts';
import { sendSegment, type UploadOutcome } from './segment-upload.ts';

export interface TakeSender {
  /** Sends a segment, growing or complete, if that is not under way. */
  send(segment: number): void;
  /** Sends what the server does not have. Resolves when that is decided for every segment. */
  sendAll(options: { readonly isRetry: boolean }): Promise<void>;
  /** Once the take is over and sent: amends what the server was not told, and lets the local copy go. */
  settle(): void;
  /** True once every byte is confirmed and nothing of the take is left in this browser. */
  readonly isSaved: boolean;
  /** True while a segment is on its way, or waits for the server. */
  readonly isSending: boolean;
}

export function createTakeSender(
  desk: TakeDesk,
  record: TakeRecord,
  segments: TakeSegments,
  onProgress: () => void,
  signal: AbortSignal,
): TakeSender {
  const { takeId } = record.manifest;
  const sending = new Map<number, Promise<void>>();
  let settling: Promise<void> = Promise.resolve();
  let isConfirmed = false;
  let isSaved = false;

  function send(number: number): void {
    if (sending.has(number) || signal.aborted) return;
    const done = sendOne(number)
      .catch((error: unknown) => tellProblem(desk, takeId, 'local-storage-failed', error))
      .finally(() => {
        sending.delete(number);
        settle();
      });
    sending.set(number, done);
  }

  async function sendOne(number: number): Promise<void> {
    const entry = record.entry(number);
    const segment = entry && (await segments.open(entry));
    if (!segment) return;
    const outcome = await upload(segment, number, entry.uploadUrl);
    if (outcome.kind === 'refused') {
      await record.changeSegment(number, { refusal: outcome.message });
      tellProblem(desk, takeId, 'server-refused', outcome.message);
    }
    if (outcome.kind !== 'sent') return;
    await record.changeSegment(number, { isSent: true, recordingId: outcome.receipt.recordingId });
    segments.close(number);
    onProgress();
    await removeFile(await openTakeFolder(takeId), entry.filename).catch(() => {
      // It is noted as sent; the folder goes as a whole in the end.
    });
  }

  async function upload(segment: Segment, number: number, knownUrl: string | null): Promise<UploadOutcome> {
    let told: TakeDetails | null = null;
    const listener = {
      metadata: () => {
        told = tellable(record.manifest);
        const entry = record.entry(number) ?? newSegmentEntry(number, record.manifest.startedAt);
        return uploadMetadataOf(record.manifest, entry, told);
      },
      onUrl: (uploadUrl: string | null) =>
        record.changeSegment(number, { uploadUrl, told: uploadUrl === null ? null : told }),
      onAcknowledged: (offsetBytes: number) => {
        segments.noteAcknowledged(number, offsetBytes);
        onProgress();
      },
      onRefusal: (message: string | null) => {
        if (message === null) desk.emit({ type: 'problem-solved', takeId, code: 'server-refused' });
        else tellProblem(desk, takeId, 'server-refused', message);
      },
    };
    return sendSegment(desk, segment, knownUrl, listener, signal);
  }

  function settle(): void {
    settling = settling
      .then(settleNow)
      .catch((error: unknown) => tellProblem(desk, takeId, 'local-storage-failed', error));
  }

  async function settleNow(): Promise<void> {
    const { manifest } = record;
    if (manifest.phase !== 'ended' || manifest.segments.some(({ isComplete }) => !isComplete)) return;
    // What holds headers only is no audio: nothing is lost with it.
    const withAudio = manifest.segments.filter(({ durationSeconds }) => durationSeconds !== 0);
    if (withAudio.some(({ refusal }) => refusal)) desk.emit({ type: 'take-failed', takeId });
    if (withAudio.some(({ isSent }) => !isSent)) return;
    if (!isConfirmed) tellEnd(withAudio[0]?.recordingId ?? null);
    isConfirmed = true;
    if (!(await amendAll())) return;
    isSaved = true;
    await record.written();
    await removeTakeFolder(takeId).catch(() => {
      // Everything in it is at the server and noted as such: the next visit removes it.
    });
    desk.emit({ type: 'take-let-go', takeId });
  }

  function tellEnd(recordingId: string | null): void {
    if (recordingId !== null) {
      desk.emit({ type: 'take-saved', takeId, recordingId });
      return;
    }
    tellProblem(desk, takeId, 'nothing-recorded');
    desk.emit({ type: 'take-failed', takeId });
  }

  /** False when the take was let go before the server was told everything. */
  async function amendAll(): Promise<boolean> {
    for (const entry of record.manifest.segments) {
      const { title, tags, notes } = record.manifest;
      const details = untoldDetails({ title, tags, notes }, entry.told);
      const untold = await untoldMoments(record, entry.segment);
      const amendment = { ...details, ...untold?.moments };
      if (entry.recordingId === null || Object.keys(amendment).length === 0) continue;
      const refusal = await amendRecording(desk, entry.recordingId, amendment, signal);
      if (signal.aborted) return false;
      if (refusal !== null) tellProblem(desk, takeId, 'details-refused', refusal);
      const told = { title, tags, notes };
      await record.changeSegment(entry.segment, { told, ...(untold ? { toldMoments: untold.digest } : {}) });
    }
    return true;
  }

  return {
    send,
    settle,
    async sendAll({ isRetry }) {
      for (const { segment, isSent, refusal } of record.manifest.segments) {
        if (isSent || (refusal !== null && !isRetry)) continue;
        if (refusal !== null) await record.changeSegment(segment, { refusal: null });
        send(segment);
        await sending.get(segment);
      }
      settle();
      await settling;
    },
    get isSaved() {
      return isSaved;
    },
    get isSending() {
      return sending.size > 0;
    },
  };
}
