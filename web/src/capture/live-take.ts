import { DEFAULT_PRESET, findPreset } from '../../../src/model/preset.ts';
import type { TakeGap } from '../../../src/model/take-timeline.ts';
import type { LocalTake, LocalTakeFile } from './capture-port.ts';
import type { Segment } from './segment.ts';
import { type AudioEnd, gapSince, isSteady, type TwoClocks } from './segment-gap.ts';
import { type RecordingListener, recordSegment, type SegmentRecording } from './segment-recording.ts';
import { type TakeDesk, tellProblem } from './take-desk.ts';
import { listTakeFiles } from './take-files.ts';
import { newSegmentEntry, type TakeDetails, type TakeManifest } from './take-manifest.ts';
import type { TakeRecord } from './take-record.ts';
import { TakeSegments } from './take-segments.ts';
import { createTakeSender, type TakeSender } from './take-sender.ts';
import { listSegmentFiles, openTakeFolder, removeTakeFolder } from './take-store.ts';
import type { AdoptedTake } from './worker-messages.ts';

// Amendments of a take that is saved already wait for a pause in the typing.
const TYPING_PAUSE_MS = 700;

/** One take that this tab has in hand: it is recorded, kept, sent, described, and in the end let go. */
export class LiveTake {
  readonly takeId: string;
  readonly #desk: TakeDesk;
  readonly #record: TakeRecord;
  readonly #release: () => void;
  readonly #segments: TakeSegments;
  readonly #sender: TakeSender;
  readonly #stop = new AbortController();
  #running: {
    readonly number: number;
    readonly segment: Segment;
    readonly recording: SegmentRecording;
  } | null = null;
  /** Where the audio before the next segment ends; null before the first. */
  #audioEnd: AudioEnd | null = null;
  #touchedAt: TwoClocks;
  #typing: ReturnType<typeof setTimeout> | undefined;

  /** `release` lets go of the take's lock. */
  constructor(desk: TakeDesk, record: TakeRecord, release: () => void) {
    this.takeId = record.manifest.takeId;
    this.#desk = desk;
    this.#record = record;
    this.#release = release;
    this.#segments = new TakeSegments(record);
    this.#touchedAt = this.#clocks();
    const tellProgress = () => this.#tellProgress();
    this.#sender = createTakeSender(desk, record, this.#segments, tellProgress, this.#stop.signal);
  }

  get manifest(): TakeManifest {
    return this.#record.manifest;
  }

  get isSaved(): boolean {
    return this.#sender.isSaved;
  }

  /** True while the server owes an answer about bytes it has not refused. */
  get isOwed(): boolean {
    return this.manifest.segments.some(({ isSent, refusal }) => !isSent && refusal === null);
  }

  /** `cause`: why the segment before ended, as far as this page knows. */
  async beginSegment(samples: MessagePort, cause: string): Promise<void> {
    const gapBefore = this.#gapBefore(cause);
    const folder = await openTakeFolder(this.takeId).catch(() => null);
    const files = folder ? await listSegmentFiles(folder) : [];
    const taken = [...files, ...this.manifest.segments].map(({ segment }) => segment);
    const number = Math.max(-1, ...taken) + 1;
    const entry = { ...newSegmentEntry(number, this.#now()), gapBefore };
    const segments = [...this.manifest.segments, entry];
    await this.#record.change({ phase: 'recording', touchedAt: entry.startedAt, segments });
    const segment = await this.#segments.create(entry, folder);
    const preset = findPreset(this.manifest.presetId) ?? DEFAULT_PRESET;
    const recording = recordSegment(samples, preset, this.#listenerFor(segment));
    this.#running = { number, segment, recording };
    this.#tellProgress();
    this.#sender.send(number);
  }

  /** Closes the running segment validly; the take goes on in another one, waits, or is over. */
  async endSegment(nextPhase: TakeManifest['phase']): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (running) {
      this.#audioEnd = { by: 'this-page', at: this.#clocks() };
      const endedAt = this.#now();
      await running.recording.end();
      running.segment.complete();
      this.#desk.connection.wake();
      await this.#segments.noteCompletion(running.number, endedAt);
    }
    await this.#record.change({ phase: nextPhase, touchedAt: this.#now() });
    this.#tellProgress();
    this.#sender.settle();
  }

  /** Says that a page still has the take in hand. */
  async touch(phase = this.manifest.phase): Promise<void> {
    if (this.manifest.phase === 'ended') return;
    const now = this.#clocks();
    const last = this.manifest.segments.at(-1);
    if (last && !isSteady(this.#touchedAt, now)) {
      await this.#record.changeSegment(last.segment, { hasClockChanged: true });
    }
    this.#touchedAt = now;
    await this.#record.change({ phase, touchedAt: this.#now() });
  }

  async describe(details: Partial<TakeDetails>): Promise<void> {
    await this.#record.change(details);
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#sender.settle(), TYPING_PAUSE_MS);
  }

  /** Closes what an earlier page left open, and counts what is there. */
  async adopt(): Promise<void> {
    const foundAt = this.#clocks();
    const endedMs = await this.#segments.lastEndMs();
    this.#audioEnd = { by: 'earlier-page', endedMs, foundAt };
    for (const entry of this.manifest.segments) if (!entry.isComplete) await this.#segments.open(entry);
  }

  sendAll(options: { readonly isRetry: boolean }): Promise<void> {
    return this.#sender.sendAll(options);
  }

  summary(): LocalTake {
    const { takeId, title, startedAt, segments } = this.manifest;
    const refusal = segments.find((entry) => entry.refusal !== null)?.refusal ?? null;
    return {
      takeId,
      title,
      startedAt,
      capturedSeconds: this.#segments.capturedSeconds(),
      sizeBytes: this.#segments.sizeBytes(),
      isSent: segments.every(({ isSent }) => isSent),
      state: this.#sender.isSending ? 'sending' : refusal === null ? 'waiting' : 'refused',
      sentShare: this.#segments.sentShare(),
      refusal,
    };
  }

  asAdopted(): AdoptedTake {
    const { takeId, title, tags, notes, phase, segments } = this.manifest;
    return {
      takeId,
      title,
      tags,
      notes,
      phase: phase === 'recording' ? 'recording' : 'paused',
      segmentCount: segments.length,
      capturedSeconds: this.#segments.capturedSeconds(),
    };
  }

  /** The segments that still lie in this browser. */
  files(): Promise<readonly LocalTakeFile[]> {
    return listTakeFiles(this.manifest, (segment) => this.#segments.memoryTail(segment));
  }

  /** Bytes that only this page's memory holds. */
  get memoryBytes(): number {
    return this.#segments.memoryBytes();
  }

  /** A person's word: nothing of the take stays in this browser. */
  async discard(): Promise<void> {
    await this.#record.forget();
    this.dispose();
    await removeTakeFolder(this.takeId);
  }

  /** Lets go of the take; what is not sent stays for a later visit. */
  dispose(): void {
    this.#stop.abort();
    clearTimeout(this.#typing);
    this.#desk.connection.wake();
    this.#segments.closeAll();
    this.#release();
  }

  #listenerFor(segment: Segment): RecordingListener {
    let hasFailed = false;
    const watchStorage = () => {
      if (hasFailed || !segment.storageFailure) return;
      hasFailed = true;
      tellProblem(this.#desk, this.takeId, 'local-storage-failed', segment.storageFailure);
    };
    watchStorage();
    return {
      onBytes: (bytes) => {
        segment.append(bytes);
        watchStorage();
        this.#tellProgress();
      },
      onFailure: (error) => {
        tellProblem(this.#desk, this.takeId, 'encoder-failed', error);
        this.#desk.emit({ type: 'segment-lost', takeId: this.takeId });
      },
      onSilence: (isSilent) => {
        if (isSilent) tellProblem(this.#desk, this.takeId, 'input-silent');
        else this.#desk.emit({ type: 'problem-solved', takeId: this.takeId, code: 'input-silent' });
      },
    };
  }

  #gapBefore(cause: string): TakeGap | null {
    const end = this.#audioEnd;
    if (!end) return null;
    // An earlier page knew no more than whether the take was paused when it went.
    const known = end.by === 'this-page' ? cause : this.manifest.phase === 'paused' ? 'paused' : 'reload';
    return gapSince(end, this.#clocks(), known);
  }

  #now(): string {
    return new Date(this.#desk.nowMs()).toISOString();
  }

  #clocks(): TwoClocks {
    return { wallMs: this.#desk.nowMs(), monotonicMs: performance.now() };
  }

  #tellProgress(): void {
    this.#desk.emit({
      type: 'progress',
      takeId: this.takeId,
      segmentCount: this.manifest.segments.length,
      capturedSeconds: this.#segments.capturedSeconds(),
      safeSeconds: this.#segments.safeSeconds(),
    });
  }
}
