import { DEFAULT_PRESET, findPreset } from '../../../../src/model/preset.ts';
import type { LocalTake } from '../capture-port.ts';
import { recordSegment } from '../encoding/segment-recording.ts';
import { openFeed } from '../input/sample-feed.ts';
import { prepareEncoder } from '../prepare-encoder.ts';
import type { AdoptedTake, NewTake, WorkerAnswers, WorkerEvent, WorkerRequest } from '../worker-messages.ts';
import { fileKindOf, mimeTypeOf } from './audio-file.ts';
import { createEarlierTakes, type EarlierTakes } from './earlier-takes.ts';
import { LiveTake } from './live-take.ts';
import { type TakeDesk, tellProblem } from './take-desk.ts';
import { holdRunning, holdTake } from './take-lock.ts';
import { TakeRecord } from './take-record.ts';

type Answer = WorkerAnswers[keyof WorkerAnswers];
type TestRequest = Extract<WorkerRequest, { type: 'test' }>;

const HEARTBEAT_MS = 30_000;
const LOOK_FOR_ORPHANS_MS = 4_000;
/** What a page may hold in memory when the disk takes nothing: far below what makes a browser end a tab. */
const MEMORY_LIMIT_BYTES = 256 * 1024 * 1024;

/** All takes this tab has in hand: the current one, and the earlier ones that are still being sent. */
export class TakeHouse {
  readonly #desk: TakeDesk;
  readonly #earlier: EarlierTakes;
  readonly #tell: (event: WorkerEvent) => void;
  #current: LiveTake | null = null;
  #stopRunning: () => void = () => {};
  #isFull = false;

  constructor(desk: TakeDesk) {
    this.#tell = desk.emit;
    this.#desk = { ...desk, emit: (event) => this.#emit(event) };
    this.#earlier = createEarlierTakes(this.#desk);
  }

  /** Reads what lies in this browser and begins to send it; the take that goes on, if there is one. */
  async open(): Promise<AdoptedTake | null> {
    setInterval(() => void this.#current?.touch(), HEARTBEAT_MS);
    const take = await this.#earlier.open();
    setInterval(() => void this.#takeOver(), LOOK_FOR_ORPHANS_MS);
    if (!take) return null;
    const stopRunning = this.#current ? undefined : await holdRunning(take.takeId);
    if (!stopRunning || this.#current) {
      stopRunning?.();
      // A new take was begun meanwhile, here or in another tab: the old one is over.
      this.#earlier.add(take);
      return null;
    }
    this.#current = take;
    this.#stopRunning = stopRunning;
    void take.sendAll({ isRetry: false });
    return take.asAdopted();
  }

  async perform(request: Exclude<WorkerRequest, { type: 'open' }>): Promise<Answer> {
    switch (request.type) {
      case 'prepare':
        await prepareEncoder(findPreset(request.presetId) ?? DEFAULT_PRESET);
        return null;
      case 'claim-recorder':
        return this.#claim(request.takeId);
      case 'begin-take':
        this.#putAside();
        this.#current = await this.#begin(request.take);
        await this.#current.beginSegment(request, 'unknown');
        return null;
      case 'begin-segment':
        if (!this.#current) throw new Error('There is no take that could go on.');
        await this.#current.beginSegment(request, request.cause);
        return null;
      case 'end-segment':
        await this.#current?.endSegment(request.nextPhase);
        if (request.nextPhase === 'ended') this.#stopRunning();
        return null;
      case 'set-phase':
        await this.#current?.touch(request.phase);
        return null;
      case 'describe':
        await this.#find(request.takeId)?.describe(request.details);
        return null;
      case 'add-marker':
        await this.#current?.addMarker();
        return null;
      case 'label-marker':
        await this.#find(request.takeId)?.labelMarker(request.id, request.label);
        return null;
      case 'remove-marker':
        await this.#find(request.takeId)?.removeMarker(request.id);
        return null;
      case 'note-event':
        this.#current?.noteEvent(request.kind, request.note);
        return null;
      case 'test':
        return recordTest(request);
      case 'list-takes':
        return this.#list();
      case 'retry-now':
        this.#desk.connection.wake();
        return null;
      case 'send-take':
        if (this.#current?.takeId === request.takeId) this.#desk.connection.wake();
        else await this.#earlier.sendAgain(request.takeId);
        return null;
      case 'take-files':
        return this.#find(request.takeId)?.files() ?? this.#earlier.files(request.takeId);
      case 'remove-take':
        await this.#remove(request.takeId);
        return null;
    }
  }

  #find(takeId: string): LiveTake | undefined {
    return this.#current?.takeId === takeId ? this.#current : this.#earlier.find(takeId);
  }

  /** One take at a time listens to the microphone, whatever tab it is in. */
  async #claim(takeId: string): Promise<boolean> {
    const stopRunning = await holdRunning(takeId);
    if (!stopRunning) return false;
    this.#stopRunning = stopRunning;
    return true;
  }

  async #takeOver(): Promise<void> {
    await this.#earlier.takeOver(this.#current?.takeId ?? null).catch(() => {
      // What cannot be read now may be readable the next time.
    });
  }

  async #list(): Promise<readonly LocalTake[]> {
    const own = this.#current;
    const others = await this.#earlier.list(own?.takeId ?? null);
    return own && !own.isSaved ? [{ ...own.summary(), state: 'here' }, ...others] : others;
  }

  async #remove(takeId: string): Promise<void> {
    const own = this.#current;
    if (own?.takeId !== takeId) return this.#earlier.remove(takeId);
    if (own.manifest.phase !== 'ended') throw new Error('This take is still being recorded; stop it first.');
    this.#current = null;
    await own.discard();
    this.#earlier.refresh();
  }

  async #begin(take: NewTake): Promise<LiveTake> {
    const release = (await holdTake(take.takeId)) ?? (() => {});
    this.#isFull = false;
    const onFailure = (error: unknown) => tellProblem(this.#desk, take.takeId, 'local-storage-failed', error);
    const manifest = {
      ...take,
      tags: [],
      notes: '',
      phase: 'recording' as const,
      touchedAt: take.startedAt,
      segments: [],
      markers: [],
    };
    return new LiveTake(this.#desk, new TakeRecord(manifest, onFailure), release);
  }

  /** The current take gives way: what is left of it is sent behind the back of the next one. */
  #putAside(): void {
    const take = this.#current;
    this.#current = null;
    if (take?.isSaved) take.dispose();
    else if (take) this.#earlier.add(take);
  }

  #watchMemory(): void {
    const own = this.#current;
    if (!own || this.#isFull || own.memoryBytes < MEMORY_LIMIT_BYTES) return;
    this.#isFull = true;
    tellProblem(this.#desk, own.takeId, 'memory-full');
    this.#tell({ type: 'take-full', takeId: own.takeId });
  }

  #emit(event: WorkerEvent): void {
    this.#tell(event);
    if (event.type === 'progress') this.#watchMemory();
    if (event.type !== 'take-let-go' && event.type !== 'take-failed') return;
    // Whoever tells this is in the middle of its own bookkeeping: the consequences come after it.
    queueMicrotask(() => {
      if (event.type === 'take-failed' && event.takeId === this.#current?.takeId) this.#putAside();
      this.#earlier.refresh();
    });
  }
}

/** Records into memory until the audio thread ends it. */
async function recordTest({ samples, presetId }: TestRequest): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const preset = findPreset(presetId) ?? DEFAULT_PRESET;
  const failed = Promise.withResolvers<never>();
  const recording = recordSegment(preset, {
    onBytes: (bytes) => parts.push(bytes.slice()),
    onFailure: failed.reject,
  });
  const feed = openFeed(samples, { onBlock: (block) => recording.add(block) });
  await Promise.race([feed.ended, failed.promise]);
  await feed.close();
  await recording.finish();
  return new Blob(parts, { type: mimeTypeOf(fileKindOf(preset)) });
}
