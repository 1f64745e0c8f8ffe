import type { TakeGap } from '../../../../src/model/take-timeline.ts';
import type { SegmentRecording } from '../encoding/segment-recording.ts';
import { BlockCutter } from '../input/block-cutter.ts';
import type { SampleBlock } from '../input/sample-block.ts';
import { openFeed, type SampleFeed } from '../input/sample-feed.ts';
import { EventLog } from '../watchdog/event-log.ts';
import { TakeWatch, WATCH_EVERY_MS, type WatchListener } from '../watchdog/take-watch.ts';

/** What is known about a segment when its first sample comes. */
export interface SegmentStart {
  readonly gapBefore: TakeGap | null;
  readonly startedAtMs: number;
  readonly log: EventLog;
  /** False: the flow was cut, and nobody did anything. */
  readonly isWished: boolean;
}

/** A segment that takes samples. */
export interface OpenSegment {
  readonly number: number;
  readonly recording: SegmentRecording;
  /** Its first samples are so much older than its beginning was thought to be. */
  startEarlier(seconds: number): void;
  /** Closes it validly; resolves when that is noted. */
  finish(endedAtMs: number): Promise<void>;
}

export interface FlowDesk extends WatchListener {
  nowMs(): number;
  open(start: SegmentStart): Promise<OpenSegment>;
  /** A further segment could not be opened. */
  fail(error: unknown): void;
}

export interface FlowWish {
  readonly samples: MessagePort;
  /** When the source was told to send them. */
  readonly forwardedAtMs: number;
  /** A further segment begins after so many seconds; null: never. */
  readonly splitSeconds: number | null;
}

/** Leads the samples of one input into segments, and watches them on the way. */
export class TakeFlow {
  readonly #desk: FlowDesk;
  readonly #feed: SampleFeed;
  readonly #cutter: BlockCutter;
  readonly #watch: TakeWatch;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #forwardedAtMs: number;
  readonly #firstLog = new EventLog();
  #queue = new BlockQueue();
  #segment: OpenSegment | null = null;
  #turns: Promise<void> = Promise.resolve();

  constructor(desk: FlowDesk, wish: FlowWish) {
    this.#desk = desk;
    this.#cutter = new BlockCutter(wish.splitSeconds);
    this.#forwardedAtMs = wish.forwardedAtMs;
    const clocks = { monotonicMs: () => performance.now(), wallMs: () => desk.nowMs() };
    this.#watch = new TakeWatch(this.#firstLog, desk, clocks);
    this.#timer = setInterval(() => this.#watch.tick(), WATCH_EVERY_MS);
    this.#feed = openFeed(wish.samples, {
      onBlock: (block) => this.#take(block),
      onPause: () => this.#watch.pause(),
    });
  }

  /** Opens the first segment; samples that come before it is open wait. */
  async begin(gapBefore: TakeGap | null): Promise<void> {
    const start = { gapBefore, startedAtMs: this.#forwardedAtMs, log: this.#firstLog, isWished: true };
    this.#turns = this.#open(start, this.#queue);
    await this.#turns;
  }

  /** Where the next sample will stand; null while no segment is open. */
  position(): { readonly segment: number; readonly atSeconds: number } | null {
    const segment = this.#segment;
    return segment && { segment: segment.number, atSeconds: this.#watch.positionSeconds };
  }

  /** Something happened to the input, at the sample that is captured now. */
  note(kind: string, note?: string): void {
    this.#watch.note(kind, note);
  }

  /** Waits for the last samples and closes the segment they belong to. */
  async end(): Promise<void> {
    const endedAtMs = this.#desk.nowMs();
    await this.#feed.close();
    clearInterval(this.#timer);
    this.#watch.end();
    await this.#turns.catch(() => {});
    await this.#segment?.finish(endedAtMs);
    this.#segment = null;
  }

  #take(block: SampleBlock): void {
    for (const part of this.#cutter.cut(block)) {
      if (part.cause) this.#turn({ durationSeconds: 0, cause: part.cause });
      this.#watch.take(part.block);
      this.#queue.add(part.block);
    }
  }

  /** The samples from here on go into a further segment; it is opened when the one before is closed. */
  #turn(gapBefore: TakeGap): void {
    const startedAtMs = this.#desk.nowMs();
    const queue = new BlockQueue();
    const log = new EventLog();
    this.#queue = queue;
    this.#watch.cut(log);
    this.#turns = this.#turns
      .then(() => this.#segment?.finish(startedAtMs))
      .then(() => this.#open({ gapBefore, startedAtMs, log, isWished: false }, queue))
      .catch((error: unknown) => this.#desk.fail(error));
  }

  async #open(start: SegmentStart, queue: BlockQueue): Promise<void> {
    this.#segment = null;
    const segment = await this.#desk.open(start);
    this.#segment = segment;
    queue.lead(segment);
  }
}

/** Keeps blocks until the segment they belong to is open. */
class BlockQueue {
  #waiting: SampleBlock[] = [];
  #segment: OpenSegment | null = null;
  #isEmpty = true;

  add(block: SampleBlock): void {
    if (this.#segment) this.#pass(this.#segment, block);
    else this.#waiting.push(block);
  }

  lead(segment: OpenSegment): void {
    this.#segment = segment;
    for (const block of this.#waiting.splice(0)) this.#pass(segment, block);
  }

  #pass(segment: OpenSegment, block: SampleBlock): void {
    // Before any byte of it exists: the server is told when it began together with the first one.
    if (this.#isEmpty && block.preRollFrames > 0) {
      segment.startEarlier(block.preRollFrames / block.sampleRateHz);
    }
    this.#isEmpty = false;
    segment.recording.add(block);
  }
}
