import { DEFAULT_PRESET, findPreset } from '../../../../src/model/preset.ts';
import { type RecordingListener, recordSegment } from '../encoding/segment-recording.ts';
import type { Segment } from './segment.ts';
import type { OpenSegment, SegmentStart } from './take-flow.ts';
import { newSegmentEntry } from './take-manifest.ts';
import type { TakeMoments } from './take-moments.ts';
import type { TakeRecord } from './take-record.ts';
import type { TakeSegments } from './take-segments.ts';
import { listSegmentFiles, openTakeFolder } from './take-store.ts';

export interface SegmentDesk {
  readonly record: TakeRecord;
  readonly segments: TakeSegments;
  readonly moments: TakeMoments;
  nowMs(): number;
  onOpen(segment: number): void;
  onBytes(): void;
  onComplete(): void;
  onStorageFailure(error: unknown): void;
  onEncoderFailure(error: unknown): void;
}

/** A further segment of a take, under a number that neither the manifest nor the folder knows. */
export async function openSegment(
  desk: SegmentDesk,
  { gapBefore, startedAtMs, log, isWished }: SegmentStart,
): Promise<OpenSegment> {
  const { record, segments, moments } = desk;
  const folder = await openTakeFolder(record.manifest.takeId).catch(() => null);
  const files = folder ? await listSegmentFiles(folder) : [];
  const taken = [...files, ...record.manifest.segments].map(({ segment }) => segment);
  const number = Math.max(-1, ...taken) + 1;
  const preset = findPreset(record.manifest.presetId) ?? DEFAULT_PRESET;
  const entry = { ...newSegmentEntry(number, isoOf(startedAtMs), preset), gapBefore };
  await record.change({
    // A cut that is still being made when a person pauses must not undo that.
    ...(isWished ? { phase: 'recording' } : {}),
    touchedAt: isoOf(desk.nowMs()),
    segments: [...record.manifest.segments, entry],
  });
  const segment = await segments.create(entry, folder);
  moments.follow(number, log);
  desk.onOpen(number);
  const recording = recordSegment(preset, listenerFor(desk, segment));
  return {
    number,
    recording,
    startEarlier(seconds) {
      void record.changeSegment(number, { startedAt: isoOf(startedAtMs - seconds * 1000) });
    },
    async finish(endedAtMs) {
      await recording.finish();
      segment.complete();
      desk.onComplete();
      await moments.keep();
      await segments.noteCompletion(number, isoOf(endedAtMs));
    },
  };
}

function listenerFor(desk: SegmentDesk, segment: Segment): RecordingListener {
  let hasFailed = false;
  const watchStorage = () => {
    if (hasFailed || !segment.storageFailure) return;
    hasFailed = true;
    desk.onStorageFailure(segment.storageFailure);
  };
  watchStorage();
  return {
    onBytes(bytes) {
      segment.append(bytes);
      watchStorage();
      desk.onBytes();
    },
    onFailure: (error) => desk.onEncoderFailure(error),
  };
}

function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
