import { DEFAULT_PRESET, findPreset } from '../../../src/model/preset.ts';
import { createEarlierTakes, type EarlierTakes } from './earlier-takes.ts';
import { LiveTake } from './live-take.ts';
import { recordSegment } from './segment-recording.ts';
import { type TakeDesk, tellProblem } from './take-desk.ts';
import { holdRunning, holdTake } from './take-lock.ts';
import { TakeRecord } from './take-record.ts';
import type { AdoptedTake, NewTake, WorkerAnswers, WorkerEvent, WorkerRequest } from './worker-messages.ts';

type Answer = WorkerAnswers[keyof WorkerAnswers];
type TestRequest = Extract<WorkerRequest, { type: 'test' }>;

const HEARTBEAT_MS = 30_000;

/** All takes this tab has in hand: the current one, and the earlier ones that are still being sent. */
export class TakeHouse {
  readonly #desk: TakeDesk;
  readonly #earlier: EarlierTakes;
  readonly #tell: (event: WorkerEvent) => void;
  #current: LiveTake | null = null;
  #stopRunning: () => void = () => {};

  constructor(desk: TakeDesk) {
    this.#tell = desk.emit;
    this.#desk = { ...desk, emit: (event) => this.#emit(event) };
    this.#earlier = createEarlierTakes(this.#desk);
  }

  /** Reads what lies in this browser and begins to send it; the take that goes on, if there is one. */
  async open(): Promise<AdoptedTake | null> {
    setInterval(() => void this.#current?.touch(), HEARTBEAT_MS);
    const take = await this.#earlier.open();
    if (!take) return null;
    if (this.#current) {
      // A new take was begun while this one was looked for: the old one is over.
      this.#earlier.add(take);
      return null;
    }
    this.#current = take;
    this.#stopRunning = await keepRunning(take.takeId);
    void take.sendAll({ isRetry: false });
    return take.asAdopted();
  }

  async perform(request: Exclude<WorkerRequest, { type: 'open' }>): Promise<Answer> {
    switch (request.type) {
      case 'begin-take':
        this.#putAside();
        this.#current = await this.#begin(request.take);
        await this.#current.beginSegment(request.samples, 'unknown');
        return null;
      case 'begin-segment':
        if (!this.#current) throw new Error('There is no take that could go on.');
        await this.#current.beginSegment(request.samples, request.cause);
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
      case 'test':
        return recordTest(request);
      case 'list-takes':
        return this.#earlier.list();
      case 'retry-now':
        this.#desk.connection.wake();
        return null;
      case 'send-take':
        await this.#earlier.sendAgain(request.takeId);
        return null;
      case 'take-files':
        return this.#earlier.files(request.takeId);
      case 'remove-take':
        await this.#earlier.remove(request.takeId);
        return null;
    }
  }

  #find(takeId: string): LiveTake | undefined {
    return this.#current?.takeId === takeId ? this.#current : this.#earlier.find(takeId);
  }

  async #begin(take: NewTake): Promise<LiveTake> {
    const release = (await holdTake(take.takeId)) ?? (() => {});
    this.#stopRunning = await keepRunning(take.takeId);
    const onFailure = (error: unknown) => tellProblem(this.#desk, take.takeId, 'local-storage-failed', error);
    const manifest = {
      ...take,
      tags: [],
      notes: '',
      phase: 'recording' as const,
      touchedAt: take.startedAt,
      segments: [],
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

  #emit(event: WorkerEvent): void {
    this.#tell(event);
    if (event.type !== 'take-let-go' && event.type !== 'take-failed') return;
    // Whoever tells this is in the middle of its own bookkeeping: the consequences come after it.
    queueMicrotask(() => {
      if (event.type === 'take-failed' && event.takeId === this.#current?.takeId) this.#putAside();
      this.#earlier.refresh();
    });
  }
}

async function keepRunning(takeId: string): Promise<() => void> {
  return (await holdRunning(takeId)) ?? (() => {});
}

/** Records into memory until the audio thread ends it. */
async function recordTest({ samples, presetId }: TestRequest): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const ended = Promise.withResolvers<void>();
  const recording = recordSegment(samples, findPreset(presetId) ?? DEFAULT_PRESET, {
    onBytes: (bytes) => parts.push(bytes.slice()),
    onFailure: ended.reject,
    onSilence: () => {},
    onEnd: ended.resolve,
  });
  await ended.promise;
  await recording.end();
  return new Blob(parts, { type: 'audio/ogg; codecs=opus' });
}
