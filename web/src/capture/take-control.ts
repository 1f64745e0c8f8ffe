import { newId } from '../../../src/model/id.ts';
import type { CaptureEvent } from './capture-machine.ts';
import type { CaptureSnapshot } from './capture-port.ts';
import { type AudioInput, openAudioInput } from './input/audio-input.ts';
import { type Level, SILENT } from './input/level-meter.ts';
import {
  isMicrophoneDenied,
  isMicrophoneGranted,
  listMicrophones,
  microphoneStateOf,
} from './input/microphone.ts';
import { rememberRunningTake, wasRunningHere } from './leaving.ts';
import { PROBLEMS } from './problems.ts';
import type { WorkerClient } from './worker-client.ts';
import type { AdoptedTake } from './worker-messages.ts';

const PRE_ROLL_SECONDS = 10;
/** So long after a take went on by itself, a click on Pause was meant for the Resume that had stood there. */
const LATE_CLICK_MS = 1_000;

export interface ControlDesk {
  readonly worker: WorkerClient;
  snapshot(): CaptureSnapshot;
  dispatch(event: CaptureEvent): void;
  nowMs(): number;
}

/** Joins the microphone to the take worker: every command runs after the one before it is done. */
export class TakeControl {
  readonly #desk: ControlDesk;
  #input: AudioInput | null = null;
  /** True while the worker has a segment open that gets this input's samples. */
  #hasSegment = false;
  /** Why the last segment ended. */
  #gapCause = 'unknown';
  /** The device a take waits for since it was unplugged; nobody chose anything else meanwhile. */
  #lostDeviceId: string | null = null;
  #wentOnAtMs = Number.NEGATIVE_INFINITY;
  #endTest: () => void = () => {};
  #last: Promise<unknown> = Promise.resolve();

  constructor(desk: ControlDesk) {
    this.#desk = desk;
  }

  level(): Level {
    return this.#input?.level() ?? SILENT;
  }

  openInput(deviceId?: string): Promise<void> {
    return this.#enqueue(() => this.#openInput(deviceId ?? null));
  }

  /** Tells the open input what the settings say. */
  applySettings(): void {
    this.#input?.keep(this.#preRollSeconds());
  }

  closeInput(): void {
    void this.#enqueue(async () => {
      if (this.#hasSegment) return;
      this.#input?.close();
      this.#input = null;
      this.#desk.dispatch({ type: 'microphone', microphone: 'unknown' });
    });
  }

  start(wished: Promise<string>, title: string): Promise<void> {
    this.#endTest();
    return this.#enqueue(async () => {
      if (isRunning(this.#desk.snapshot())) return;
      // Kept even when the disk is short, if the browser agrees; the take does not wait for its answer.
      void navigator.storage.persist().catch(() => false);
      await this.#openInput(null);
      if (!this.#input || !(await this.#input.startListening())) return;
      const presetId = await wished;
      const nowMs = this.#desk.nowMs();
      const takeId = newId(nowMs);
      if (!(await this.#desk.worker.ask({ type: 'claim-recorder', takeId }))) {
        throw new Error(PROBLEMS['recorded-elsewhere']);
      }
      const samples = this.#input.forward({ withPreRoll: true });
      const forwardedAtMs = this.#desk.nowMs();
      this.#hasSegment = true;
      this.#lostDeviceId = null;
      this.#desk.dispatch({ type: 'take-started', takeId, title });
      rememberRunningTake(takeId);
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const take = { takeId, title, presetId, startedAt: new Date(nowMs).toISOString(), zone };
      try {
        const wish = { samples, forwardedAtMs, splitSeconds: this.#splitSeconds() };
        await this.#desk.worker.ask({ type: 'begin-take', take, ...wish }, [samples]);
      } catch (error) {
        await this.#loseSegment('encoder-failed', reasonOf(error));
      }
    });
  }

  pause(): void {
    void this.#enqueue(async () => {
      if (this.#desk.snapshot().phase !== 'recording') return;
      if (this.#desk.nowMs() - this.#wentOnAtMs < LATE_CLICK_MS) return;
      this.#input?.pause();
      this.#desk.dispatch({ type: 'paused' });
      await this.#desk.worker.ask({ type: 'set-phase', phase: 'paused' });
    });
  }

  resume(): void {
    void this.#enqueue(async () => {
      if (this.#desk.snapshot().phase !== 'paused') return;
      if (!this.#hasSegment) return this.#continue();
      this.#input?.resume();
      this.#desk.dispatch({ type: 'resumed' });
      await this.#desk.worker.ask({ type: 'set-phase', phase: 'recording' });
    });
  }

  stop(): Promise<void> {
    return this.#enqueue(async () => {
      if (!isRunning(this.#desk.snapshot())) return;
      this.#desk.dispatch({ type: 'finishing' });
      if (this.#hasSegment) this.#input?.end();
      this.#hasSegment = false;
      rememberRunningTake(null);
      await this.#desk.worker.ask({ type: 'end-segment', nextPhase: 'ended' });
      this.#desk.dispatch({ type: 'finished' });
    });
  }

  /** Takes a take of the page before this one in hand; it goes on by itself only in the tab that was reloaded. */
  adopt(take: AdoptedTake): Promise<void> {
    return this.#enqueue(async () => {
      this.#desk.dispatch({ type: 'take-adopted', take });
      if (take.phase !== 'recording' || !wasRunningHere(take.takeId)) return;
      if (await isMicrophoneGranted()) await this.#continue();
    });
  }

  /** The encoder gave up; a click goes on in a new segment. */
  segmentLost(): void {
    void this.#enqueue(() => this.#loseSegment(null));
  }

  /** Records into memory for at most `seconds`. */
  test(seconds: number, wished: Promise<string>): Promise<Blob> {
    return this.#enqueue(async () => {
      if (isRunning(this.#desk.snapshot())) throw new Error('A take is running; a test would disturb it.');
      await this.#openInput(null);
      const device = this.#input;
      if (!device || !(await device.startListening())) throw new Error('The microphone could not be opened.');
      const samples = device.forward();
      const timer = setTimeout(() => device.end(), seconds * 1000);
      this.#endTest = () => device.end();
      try {
        return await this.#desk.worker.ask({ type: 'test', samples, presetId: await wished }, [samples]);
      } finally {
        clearTimeout(timer);
        this.#endTest = () => {};
      }
    });
  }

  async devicesChanged(): Promise<void> {
    const devices = await listMicrophones();
    this.#desk.dispatch({ type: 'devices', devices });
    if (devices.length > 0 && this.#desk.snapshot().microphone === 'missing') {
      this.#desk.dispatch({ type: 'microphone', microphone: 'unknown' });
    }
    const lost = devices.find(({ id }) => id === this.#lostDeviceId);
    if (lost) void this.#enqueue(() => this.#goOnWith(lost.id));
  }

  /** Opens the input wished for; a running take goes on with it in a segment of its own. */
  async #openInput(deviceId: string | null): Promise<void> {
    const before = this.#input;
    if (before && (deviceId === null || deviceId === before.deviceId)) return;
    const { dispatch } = this.#desk;
    const mustGoOn = this.#hasSegment && this.#desk.snapshot().phase === 'recording';
    dispatch({ type: 'microphone', microphone: 'asking' });
    try {
      const input = await openAudioInput(deviceId ?? this.#desk.snapshot().deviceId, {
        onLost: () => void this.#enqueue(() => this.#lose(input)),
        onMuted: (isMuted) => this.#hearMute(isMuted),
        onListening: (isListening) =>
          dispatch({ type: isListening ? 'input-solved' : 'input-problem', code: 'input-waiting' }),
      });
      if (this.#hasSegment) await this.#endSegment(mustGoOn ? 'recording' : 'paused', 'device-changed');
      before?.close();
      this.#input = input;
      input.keep(this.#preRollSeconds());
      dispatch({ type: 'microphone', microphone: 'open', deviceId: input.deviceId });
      await this.devicesChanged();
      if (!mustGoOn) return;
      await this.#beginSegment(input);
      const { devices } = this.#desk.snapshot();
      this.#note('device-changed', devices.find(({ id }) => id === input.deviceId)?.label);
    } catch (error) {
      // The input that was open stays so: a wrong choice must not end a take.
      dispatch({ type: 'microphone', microphone: before ? 'open' : microphoneStateOf(error) });
      if (!before) await this.devicesChanged();
    }
  }

  async #lose(input: AudioInput): Promise<void> {
    if (input !== this.#input) return;
    if (this.#hasSegment) this.#note('device-lost');
    if (this.#desk.snapshot().phase === 'recording') this.#lostDeviceId = input.deviceId;
    this.#input.end();
    await this.#loseSegment('device-lost');
    input.close();
    this.#input = null;
    const microphone = (await isMicrophoneDenied()) ? 'denied' : 'missing';
    this.#desk.dispatch({ type: 'microphone', microphone, deviceId: null });
    await this.devicesChanged();
  }

  /** The very device that was unplugged is back: the take goes on with it as it would have. */
  async #goOnWith(deviceId: string): Promise<void> {
    if (this.#lostDeviceId !== deviceId || this.#input || this.#desk.snapshot().phase !== 'paused') return;
    await this.#openInput(deviceId);
    await this.#continue();
    this.#wentOnAtMs = this.#desk.nowMs();
  }

  #hearMute(isMuted: boolean): void {
    const { dispatch } = this.#desk;
    dispatch({ type: isMuted ? 'input-problem' : 'input-solved', code: 'input-muted' });
    if (isMuted && this.#hasSegment) this.#note('muted');
  }

  #note(kind: string, note?: string): void {
    const event = { type: 'note-event', kind, ...(note ? { note } : {}) } as const;
    void this.#desk.worker.ask(event);
  }

  #preRollSeconds(): number {
    return this.#desk.snapshot().settings.keepsPreRoll ? PRE_ROLL_SECONDS : 0;
  }

  #splitSeconds(): number | null {
    const { splitMinutes } = this.#desk.snapshot().settings;
    return splitMinutes === null ? null : splitMinutes * 60;
  }

  async #loseSegment(code: 'device-lost' | 'encoder-failed' | null, reason?: string): Promise<void> {
    if (!this.#hasSegment) return;
    this.#input?.end();
    this.#desk.dispatch({ type: 'paused' });
    if (code) this.#desk.dispatch({ type: 'input-problem', code, ...(reason ? { reason } : {}) });
    await this.#endSegment('paused', code ?? 'encoder-failed');
  }

  async #endSegment(nextPhase: 'recording' | 'paused', cause: string): Promise<void> {
    this.#gapCause = cause;
    this.#input?.end();
    this.#hasSegment = false;
    await this.#desk.worker.ask({ type: 'end-segment', nextPhase });
  }

  /** The take goes on in its next segment, as soon as there is an input that listens. */
  async #continue(): Promise<void> {
    await this.#openInput(null);
    if (!this.#input) return;
    if (!(await this.#input.startListening())) {
      this.#desk.dispatch({ type: 'input-problem', code: 'input-waiting' });
      return;
    }
    await this.#beginSegment(this.#input);
    this.#desk.dispatch({ type: 'resumed' });
  }

  async #beginSegment(device: AudioInput): Promise<void> {
    this.#lostDeviceId = null;
    const samples = device.forward();
    const forwardedAtMs = this.#desk.nowMs();
    this.#hasSegment = true;
    for (const code of ['device-lost', 'encoder-failed', 'input-waiting', 'input-muted'] as const) {
      this.#desk.dispatch({ type: 'input-solved', code });
    }
    rememberRunningTake(this.#desk.snapshot().takeId);
    const wish = { samples, forwardedAtMs, splitSeconds: this.#splitSeconds() };
    await this.#desk.worker.ask({ type: 'begin-segment', ...wish, cause: this.#gapCause }, [samples]);
  }

  #enqueue<Result>(command: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(command);
    this.#last = done.catch(() => {});
    return done;
  }
}

function isRunning({ phase }: CaptureSnapshot): boolean {
  return phase === 'recording' || phase === 'paused' || phase === 'finishing';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
