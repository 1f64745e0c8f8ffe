import { systemClock } from '../../model/clock.ts';
import type { VoiceRecorderError } from '../../model/failure.ts';
import type { RecordingId } from '../../model/id.ts';
import type { Preset } from '../../model/preset.ts';
import type { Recording } from '../../model/recording.ts';
import type { TakeGap, TimelineEvent } from '../../model/take-timeline.ts';
import { TimeMarks } from '../../model/time-marks.ts';
import type { Cli } from '../cli.ts';
import { type LibraryDoor, openLibraryDoor, openServerDoor } from '../library-door.ts';
import { LocalTake } from './local-take.ts';
import type { RunningProgram } from './running-program.ts';
import { SoundMeter, type SoundTrouble } from './sound-meter.ts';
import { captureSound, planOf, type TakeEnd } from './sound-take.ts';
import { StallWatch } from './stall-watch.ts';
import { TakeDisplay } from './take-display.ts';
import type { TakeManifest } from './take-manifest.ts';
import { type SenderDesk, sendTake } from './take-sender.ts';

export interface TakeWish {
  readonly preset: Preset;
  readonly maxSeconds: number | undefined;
  readonly title: string;
  readonly tags: readonly string[];
}

/** A stretch of a take that one device gave without interruption. */
export interface TakePart {
  readonly takeId: string;
  /** From 0. */
  readonly segment: number;
  readonly gapBefore: TakeGap | null;
}

export interface TakeOutcome {
  /** Undefined when nothing came that could be kept. */
  readonly recording: Recording | undefined;
  readonly end: TakeEnd;
  /** Of sound that came. */
  readonly seconds: number;
  /** When the last of it had come, on the monotonic clock. */
  readonly endedAtMs: number;
}

const SENTENCES: Readonly<Record<SoundTrouble, readonly [begun: string, over: string]>> = {
  silence: [
    'Nothing but digital silence for 5 s: is the input muted, or the wrong device chosen?',
    'There is sound again.',
  ],
  clipping: ['The sound is cut off at full scale: turn the input down.', ''],
};

/**
 * Records what `source` gives into the library: on the local disk first, from there through the spool of whoever has the library
 * open, so that neither a killed server nor a killed command loses what was captured.
 */
export async function recordTake(
  cli: Cli,
  wish: TakeWish,
  part: TakePart,
  source: RunningProgram,
  dataDir: string,
  leftovers: Promise<void>,
): Promise<TakeOutcome> {
  const { output, interruption } = cli;
  const plan = planOf(wish.preset);
  const take = await LocalTake.create(dataDir, manifestOf(wish, part)).catch((error: unknown) => {
    source.stop();
    throw error;
  });
  const marks = new TimeMarks();
  const timeline: TimelineEvent[] = [];
  const doors = new Doors(cli, leftovers);
  const noRoom = new AbortController();
  let acknowledgedBytes = 0;

  const meter = new SoundMeter(plan, (trouble, atSeconds, isOver) => {
    if (isOver) closeEvent(timeline, trouble, atSeconds);
    else timeline.push({ kind: trouble, atSeconds, durationSeconds: 0 });
    display.warn(trouble, SENTENCES[trouble][isOver ? 1 : 0], atSeconds);
    take.noteTimeline(timeline).catch((error: unknown) => output.note(String(error)));
  });
  const progress = () => {
    const capturedSeconds = marks.secondsAt(take.flushedBytes);
    const safeBytes = doors.hasServer ? acknowledgedBytes : take.flushedBytes;
    return { capturedSeconds, safeSeconds: Math.min(capturedSeconds, marks.secondsAt(safeBytes)) };
  };
  const display = new TakeDisplay(output, () => ({ progress: progress(), level: meter.takeLevel() }));
  const stalls = new StallWatch((seconds) =>
    display.warn('stalled', `No sound has come from ${source.name} for ${seconds} s.`, meter.seconds),
  );
  display.started(
    {
      takeId: part.takeId,
      segment: part.segment,
      program: source.name,
      preset: wish.preset.id,
      title: take.manifest.title,
    },
    part.segment === 0
      ? `Recording "${take.manifest.title}" from ${source.name} (${wish.preset.name}). Ctrl-C ends it.`
      : `There is sound from ${source.name} again: the take goes on in a further segment.`,
  );
  const sent = sendTake(take, {
    findUploads: (isTakeComplete) => doors.findUploads(isTakeComplete),
    dropUploads: () => doors.drop(),
    onAcknowledged: (sizeBytes) => {
      acknowledgedBytes = sizeBytes;
    },
    onTrouble: (trouble) => tellTrouble(doors, display, trouble, meter.seconds),
    onDiskFull: (trouble) => noRoom.abort(trouble),
  } satisfies SenderDesk);
  // Told below, when the take has ended.
  sent.catch(() => undefined);
  try {
    const ended = await captureSound(
      {
        take,
        source,
        meter,
        plan,
        maxSeconds: wish.maxSeconds,
        onSound: () => stalls.noteSound(),
        onMark: (sizeBytes, seconds) => marks.add(sizeBytes, seconds),
      },
      AbortSignal.any([interruption, noRoom.signal]),
    );
    const endedAtMs = systemClock.monotonicMs();
    stalls.stop();
    const end = interruption.aborted ? ended : whyEnded(ended, noRoom.signal);
    if (end.kind === 'failed') {
      display.warn(end.error.code, end.error.message, meter.seconds);
      noteEnd(timeline, end.error, marks.secondsAt(take.flushedBytes));
    }
    if (marks.secondsAt(take.flushedBytes) === 0) {
      // It may be on its way into the library already, which the next part needs for itself.
      await doors.close();
      await take.remove();
      return { recording: undefined, end, seconds: 0, endedAtMs };
    }
    const recording = await keep(doors, take, await sent, timeline);
    display.stop();
    display.stored(recording);
    return { recording, end, seconds: meter.seconds, endedAtMs };
  } catch (error) {
    display.note(
      `What was captured lies in ${take.folder}; the next "vrp record" or "vrp start" brings it in.`,
    );
    await take.close();
    throw error;
  } finally {
    stalls.stop();
    display.stop();
    await doors.close();
  }
}

/** A take that was ended because the library had no room for it says so. */
function whyEnded(end: TakeEnd, noRoom: AbortSignal): TakeEnd {
  return end.kind === 'done' && noRoom.aborted
    ? { kind: 'failed', error: noRoom.reason as VoiceRecorderError }
    : end;
}

/** Who looks at the recording later sees why it ends there. */
function noteEnd(timeline: TimelineEvent[], { code }: VoiceRecorderError, atSeconds: number): void {
  if (code !== 'disk-full' && code !== 'storage-failed') return;
  const note = code === 'disk-full' ? 'The disk was full.' : 'The disk could not be written.';
  timeline.push({ kind: 'storage-failed', atSeconds, durationSeconds: 0, note });
}

/** The local copy goes only now: its checksum was found to be the recording's. */
async function keep(
  doors: Doors,
  take: LocalTake,
  id: RecordingId,
  timeline: readonly TimelineEvent[],
): Promise<Recording> {
  const door = await doors.open();
  const recording = timeline.length > 0 ? await door.amend(id, { timeline }) : await door.find(id);
  await take.remove();
  if (recording !== undefined) return recording;
  throw new Error(`The recording ${id} was just stored and cannot be found.`);
}

/** The library, wherever it can be reached at a moment. */
class Doors {
  readonly #cli: Cli;
  /** Earlier takes are brought in through a door of their own, and a store has only one. */
  readonly #leftovers: Promise<void>;
  #door: LibraryDoor | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** True once a server took part. */
  hasServer = false;

  constructor(cli: Cli, leftovers: Promise<void>) {
    this.#cli = cli;
    this.#leftovers = leftovers;
  }

  /**
   * While a take grows only a server is spoken to: to hold the store open for hours would keep people from starting
   * one.
   */
  async findUploads(isTakeComplete: boolean): Promise<LibraryDoor['takes'] | undefined> {
    if (this.#door === undefined) {
      if (isTakeComplete) return (await this.open()).takes;
      if ((await this.#enter(() => openServerDoor(this.#cli))) !== undefined) this.hasServer = true;
    }
    return this.#door?.takes;
  }

  async open(): Promise<LibraryDoor> {
    return (
      this.#door ??
      (await this.#enter(async () => {
        await this.#leftovers;
        return openLibraryDoor(this.#cli);
      }))
    );
  }

  async drop(): Promise<void> {
    const door = this.#door;
    this.#door = undefined;
    await door?.close();
  }

  /** Nothing of this take has the library open from then on, not even what was just about to open it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening;
    await this.drop();
  }

  async #enter<Door extends LibraryDoor | undefined>(open: () => Promise<Door>): Promise<Door> {
    if (this.#isClosed) throw new Error('This take needs the library no more.');
    const opening = open().then((door) => {
      this.#door = door;
      return door;
    });
    this.#opening = opening.catch(() => undefined);
    return opening;
  }
}

function tellTrouble(
  doors: Doors,
  display: TakeDisplay,
  trouble: VoiceRecorderError | undefined,
  atSeconds: number,
): void {
  // Without a server from the start there is none to be missed.
  if (!doors.hasServer) return;
  if (trouble === undefined) display.note('The library is there again; the take is being sent on.');
  else display.warn(trouble.code, `${trouble.message} The take goes on, on the local disk.`, atSeconds);
}

function closeEvent(timeline: TimelineEvent[], kind: string, atSeconds: number): void {
  const index = timeline.findLastIndex((event) => event.kind === kind);
  const event = timeline[index];
  if (event !== undefined) timeline[index] = { ...event, durationSeconds: atSeconds - event.atSeconds };
}

function manifestOf(wish: TakeWish, part: TakePart): TakeManifest {
  const startedAt = new Date();
  return {
    format: 1,
    ...part,
    soundFile: wish.preset.codec === 'flac' ? 'sound.flac' : 'sound.ogg',
    startedAt: startedAt.toISOString(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    preset: wish.preset.id,
    title: wish.title,
    tags: wish.tags,
    uploadId: null,
    timeline: [],
  };
}
