import type { ConnectionState } from '../transfer/connection.ts';
import type { LocalTake, LocalTakeFile } from './capture-port.ts';
import type { FlowWish } from './take/take-flow.ts';
import type { TakeDetails } from './take/take-manifest.ts';
import type { ShownMoments } from './take/take-moments.ts';

/** What the page asks of the take worker; each is answered once. */
export type WorkerRequest =
  | { readonly type: 'open'; readonly uploadsUrl: string; readonly recordingsUrl: string }
  /** A take with this preset may begin soon. */
  | { readonly type: 'prepare'; readonly presetId: string }
  /** Asks to be the tab that records. */
  | { readonly type: 'claim-recorder'; readonly takeId: string }
  | ({ readonly type: 'begin-take'; readonly take: NewTake } & FlowWish)
  /** `cause`: why the segment before ended, in the words of a take's gaps. */
  | ({ readonly type: 'begin-segment'; readonly cause: string } & FlowWish)
  | { readonly type: 'end-segment'; readonly nextPhase: 'recording' | 'paused' | 'ended' }
  | { readonly type: 'set-phase'; readonly phase: 'recording' | 'paused' }
  | { readonly type: 'describe'; readonly takeId: string; readonly details: Partial<TakeDetails> }
  /** At the sample that is captured now. */
  | { readonly type: 'add-marker' }
  | { readonly type: 'label-marker'; readonly takeId: string; readonly id: string; readonly label: string }
  | { readonly type: 'remove-marker'; readonly takeId: string; readonly id: string }
  /** For the timeline of the running segment. */
  | { readonly type: 'note-event'; readonly kind: string; readonly note?: string }
  | { readonly type: 'test'; readonly samples: MessagePort; readonly presetId: string }
  | { readonly type: 'list-takes' | 'retry-now' }
  | { readonly type: 'send-take' | 'take-files' | 'remove-take'; readonly takeId: string };

export interface NewTake {
  readonly takeId: string;
  readonly title: string;
  readonly presetId: string;
  readonly startedAt: string;
  readonly zone: string;
}

/** What each request is answered with. */
export interface WorkerAnswers {
  readonly open: AdoptedTake | null;
  readonly prepare: null;
  /** False: another tab records. */
  readonly 'claim-recorder': boolean;
  readonly 'begin-take': null;
  readonly 'begin-segment': null;
  readonly 'end-segment': null;
  readonly 'set-phase': null;
  readonly describe: null;
  readonly 'add-marker': null;
  readonly 'label-marker': null;
  readonly 'remove-marker': null;
  readonly 'note-event': null;
  readonly test: Blob;
  readonly 'list-takes': readonly LocalTake[];
  readonly 'retry-now': null;
  readonly 'send-take': null;
  readonly 'take-files': readonly LocalTakeFile[];
  readonly 'remove-take': null;
}

/** A take of the page before this one, that goes on. */
export interface AdoptedTake extends TakeDetails {
  readonly takeId: string;
  readonly phase: 'recording' | 'paused';
  readonly segmentCount: number;
  readonly capturedSeconds: number;
  readonly moments: ShownMoments;
}

/** What the worker says unasked. `takeId` tells a running take from earlier ones that are being sent. */
export type WorkerEvent =
  | {
      readonly type: 'progress';
      readonly takeId: string;
      readonly segmentCount: number;
      readonly capturedSeconds: number;
      readonly safeSeconds: number;
    }
  | { readonly type: 'connection'; readonly state: ConnectionState }
  | { readonly type: 'problem'; readonly takeId: string; readonly code: string; readonly message: string }
  | { readonly type: 'problem-solved'; readonly takeId: string; readonly code: string }
  /** Markers and what the watchdog noticed, as they are now. */
  | ({ readonly type: 'moments'; readonly takeId: string } & ShownMoments)
  /** The encoder gave up; the segment is closed validly. */
  | { readonly type: 'segment-lost'; readonly takeId: string }
  /** Neither the disk nor the server takes it, and memory is used up: the take must end now. */
  | { readonly type: 'take-full'; readonly takeId: string }
  | { readonly type: 'take-saved'; readonly takeId: string; readonly recordingId: string }
  | { readonly type: 'take-failed'; readonly takeId: string }
  /** Nothing of it is left in this browser. */
  | { readonly type: 'take-let-go'; readonly takeId: string }
  /** Other takes than the running one that lie here, not wholly at the server. */
  | { readonly type: 'takes-changed'; readonly unsentCount: number };

export type ToWorker = { readonly requestId: number; readonly request: WorkerRequest };
export type FromWorker =
  | { readonly requestId: number; readonly answer: unknown }
  | { readonly requestId: number; readonly failure: string }
  | { readonly event: WorkerEvent };
