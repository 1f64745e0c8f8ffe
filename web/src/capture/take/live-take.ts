import type { TakeGap } from '../../../../src/model/take-timeline.ts';
import type { LocalTake, LocalTakeFile } from '../capture-port.ts';
import { createTakeSender, type TakeSender } from '../sending/take-sender.ts';
import type { AdoptedTake } from '../worker-messages.ts';
import { openSegment, type SegmentDesk } from './open-segment.ts';
import { type AudioEnd, gapSince, isSteady, type TwoClocks } from './segment-gap.ts';
import { type TakeDesk, tellProblem } from './take-desk.ts';
import { listTakeFiles } from './take-files.ts';
import { type FlowWish, TakeFlow } from './take-flow.ts';
import type { TakeDetails, TakeManifest } from './take-manifest.ts';
import { TakeMoments } from './take-moments.ts';
import type { TakeRecord } from './take-record.ts';
import { TakeSegments } from './take-segments.ts';
import { removeTakeFolder } from './take-store.ts';

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
  readonly #moments: TakeMoments;
  #flow: TakeFlow | null = null;
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
    this.#moments = new TakeMoments(record, (moments) =>
      desk.emit({ type: 'moments', takeId: this.takeId, ...moments }),
    );
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

  /** Leads samples into a segment, and into further ones as they come; `cause`: why the one before ended, if known. */
  async beginSegment(wish: FlowWish, cause: string): Promise<void> {
    const flow = new TakeFlow(
      {
        nowMs: () => this.#desk.nowMs(),
        open: (start) => openSegment(this.#segmentDesk(), start),
        fail: (error) => this.#loseSegment(error),
        onAlert: (code, reason) => tellProblem(this.#desk, this.takeId, code, reason),
        onAllClear: (code) => this.#desk.emit({ type: 'problem-solved', takeId: this.takeId, code }),
      },
      wish,
    );
    this.#flow = flow;
    await flow.begin(this.#gapBefore(cause));
  }

  /** Closes the running segment validly; the take goes on in another one, waits, or is over. */
  async endSegment(nextPhase: TakeManifest['phase']): Promise<void> {
    const flow = this.#flow;
    this.#flow = null;
    if (flow) {
      this.#audioEnd = { by: 'this-page', at: this.#clocks() };
      await flow.end();
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
    this.#settleSoon();
  }

  /** A moment of the running segment, at the sample that is captured now. */
  async addMarker(): Promise<void> {
    const position = this.#flow?.position();
    if (position) await this.#moments.addMarker(position, this.#desk.nowMs());
  }

  async labelMarker(id: string, label: string): Promise<void> {
    await this.#moments.labelMarker(id, label);
    this.#settleSoon();
  }

  async removeMarker(id: string): Promise<void> {
    await this.#moments.removeMarker(id);
    this.#settleSoon();
  }

  /** Something happened to the input of the running segment. */
  noteEvent(kind: string, note?: string): void {
    this.#flow?.note(kind, note);
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
      moments: this.#moments.shown(),
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

  #segmentDesk(): SegmentDesk {
    return {
      record: this.#record,
      segments: this.#segments,
      moments: this.#moments,
      nowMs: () => this.#desk.nowMs(),
      onOpen: (number) => {
        this.#tellProgress();
        this.#sender.send(number);
      },
      onBytes: () => this.#tellProgress(),
      onComplete: () => this.#desk.connection.wake(),
      onStorageFailure: (error) => tellProblem(this.#desk, this.takeId, 'local-storage-failed', error),
      onEncoderFailure: (error) => this.#loseSegment(error),
    };
  }

  #loseSegment(error: unknown): void {
    tellProblem(this.#desk, this.takeId, 'encoder-failed', error);
    this.#desk.emit({ type: 'segment-lost', takeId: this.takeId });
  }

  #settleSoon(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#sender.settle(), TYPING_PAUSE_MS);
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
