/**
 * What the pages see of the capture engine. The engine itself (microphone, worklet, encoder worker, OPFS, network)
 * lives beside this file and knows no page; the pages know no encoder.
 */
export interface Capture {
  /** For `useSyncExternalStore`: the snapshot is a new object whenever something changed, and only then. */
  subscribe(listener: () => void): () => void;
  snapshot(): CaptureSnapshot;
  /** Level of the running input, read every animation frame without re-rendering a page. Decibels full scale. */
  level(): { readonly peakDbfs: number; readonly rmsDbfs: number };

  /** Asks for the microphone (first time) and opens the input so that the meter moves before Record is pressed. */
  openInput(deviceId?: string): Promise<void>;
  closeInput(): void;
  /** A take with this preset may begin soon: its encoder is made ready, so that the first samples need not wait. */
  prepare(presetId: string): void;
  start(options: { readonly presetId: string; readonly title: string }): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends the take. Never waits for a title or the network; resolves when the local file is complete. */
  stop(): Promise<void>;
  /** May be called at any time, also after stop; reaches the server with the take or as an amendment. */
  describe(details: {
    readonly title?: string;
    readonly tags?: readonly string[];
    readonly notes?: string;
  }): void;
  /** Marks the sample that is captured now; nothing happens unless a take is recorded or paused. */
  addMarker(): void;
  /** Also after the take, as long as it is on its card. */
  labelMarker(takeId: string, id: string, label: string): void;
  removeMarker(takeId: string, id: string): void;
  /** Kept by this browser; `splitMinutes` counts from the next segment on. */
  changeSettings(change: Partial<CaptureSettings>): void;
  /** Five seconds into memory only, for the first-run test; resolves to an address to play (revoke it after use). */
  testRecording(seconds: number): Promise<string>;

  /** Every take that lies in this browser and is not wholly at the server, whichever tab has it; newest first. */
  localTakes(): Promise<readonly LocalTake[]>;
  /** What of a take lies in this browser, one file for each segment, read from disk as it is used. */
  localTakeFiles(takeId: string): Promise<readonly LocalTakeFile[]>;
  /** Sends what is left of an earlier take. */
  sendLocalTake(takeId: string): Promise<void>;
  /** One file for each segment. */
  saveLocalTakeAsFile(takeId: string): Promise<void>;
  /** A person's word: what this browser keeps of the take is removed, sent or not. */
  removeLocalTake(takeId: string): Promise<void>;
  /** Tries the server at once instead of waiting for the next attempt: after logging in, or by a click. */
  retryNow(): void;
  /** Asks the tab that records to make itself known: no page may bring another tab to the front. */
  showRecordingTab(): void;
}

export type CapturePhase = 'idle' | 'recording' | 'paused' | 'finishing' | 'sending' | 'saved' | 'failed';

export interface CaptureSnapshot {
  readonly microphone: 'unknown' | 'asking' | 'open' | 'denied' | 'missing' | 'unavailable' | 'in-use';
  readonly devices: readonly { readonly id: string; readonly label: string }[];
  readonly deviceId: string | null;
  readonly phase: CapturePhase;
  readonly takeId: string | null;
  /** Segments of the running take so far; more than one after a reload or a change of device. */
  readonly segmentCount: number;
  readonly title: string;
  readonly tags: readonly string[];
  readonly notes: string;
  /** In the order of the take. */
  readonly markers: readonly ShownMarker[];
  /** What the watchdog noticed, in the order of the take; the newest hundred. */
  readonly events: readonly ShownEvent[];
  readonly settings: CaptureSettings;
  /** False where this browser has no encoder for Opus: takes are recorded as `losslessOf` their preset. */
  readonly encodesOpus: boolean;
  /** True while this page keeps the screen from going dark. */
  readonly isScreenKeptOn: boolean;
  /** Seconds encoded and written to this browser's own storage. */
  readonly capturedSeconds: number;
  /** Seconds whose bytes the server has acknowledged as being on stable storage. */
  readonly safeSeconds: number;
  readonly connection: 'online' | 'retrying' | 'offline' | 'unauthorised';
  readonly problems: readonly CaptureProblem[];
  /** Recording id once the server confirmed the whole SHA-256. */
  readonly savedRecordingId: string | null;
  /** Another tab of this browser owns a running take. */
  readonly isOwnedElsewhere: boolean;
  /** That take, as the other tab says; null while none does. */
  readonly elsewhere: TakeElsewhere | null;
  /** Another number whenever `localTakes()` would answer otherwise. */
  readonly localTakesVersion: number;
}

export interface CaptureSettings {
  /** Keeps the last ten seconds before Record in memory while the microphone is open. */
  readonly keepsPreRoll: boolean;
  /** A further segment begins after so many minutes; null: never. */
  readonly splitMinutes: number | null;
}

export interface ShownMarker {
  readonly id: string;
  /** In the whole take. */
  readonly takeSeconds: number;
  readonly label: string;
}

/** An event of the timeline, placed in the whole take. */
export interface ShownEvent {
  readonly kind: string;
  readonly takeSeconds: number;
  readonly durationSeconds: number;
  readonly note?: string;
}

interface CaptureProblem {
  /** A key of the page's strings: `local-storage-failed`, `device-lost`, `server-refused`, … */
  readonly code: string;
  readonly message: string;
}

export interface TakeElsewhere {
  readonly takeId: string;
  /** Empty until the other tab has said it. */
  readonly title: string;
  readonly phase: CapturePhase;
  readonly capturedSeconds: number;
  readonly safeSeconds: number;
}

/**
 * `here`: this tab's own take, on its card. `elsewhere`: another tab has it in hand. `waiting`: nothing is being done
 * with it. `refused`: the server will not have it as it is.
 */
export type LocalTakeState = 'here' | 'elsewhere' | 'waiting' | 'sending' | 'refused';

export interface LocalTakeFile {
  readonly segment: number;
  readonly filename: string;
  readonly durationSeconds: number;
  readonly file: Blob;
}

export interface LocalTake {
  readonly takeId: string;
  readonly title: string;
  readonly startedAt: string;
  readonly capturedSeconds: number;
  readonly sizeBytes: number;
  readonly isSent: boolean;
  readonly state: LocalTakeState;
  /** 0 to 1: how much of it the server has acknowledged, as far as this page knows. */
  readonly sentShare: number;
  /** The server's sentence, when it refused the take. */
  readonly refusal: string | null;
}
