import type { CapturePhase, CaptureSettings, CaptureSnapshot, TakeElsewhere } from './capture-port.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';
import type { TakeDetails } from './take/take-manifest.ts';
import type { AdoptedTake, WorkerEvent } from './worker-messages.ts';

/** What happens to the capture: told by the worker, the microphone, or a person's command. */
export type CaptureEvent =
  | WorkerEvent
  | {
      readonly type: 'microphone';
      readonly microphone: CaptureSnapshot['microphone'];
      readonly deviceId?: string | null;
    }
  | { readonly type: 'devices'; readonly devices: CaptureSnapshot['devices'] }
  | { readonly type: 'take-started'; readonly takeId: string; readonly title: string }
  | { readonly type: 'take-adopted'; readonly take: AdoptedTake }
  | { readonly type: 'paused' | 'resumed' | 'finishing' | 'finished' }
  | { readonly type: 'described'; readonly details: Partial<TakeDetails> }
  | { readonly type: 'input-problem'; readonly code: ProblemCode; readonly reason?: string }
  | { readonly type: 'input-solved'; readonly code: ProblemCode }
  | { readonly type: 'settings'; readonly settings: CaptureSettings }
  | { readonly type: 'encoders'; readonly encodesOpus: boolean }
  | { readonly type: 'screen'; readonly isKeptOn: boolean }
  | { readonly type: 'owned-elsewhere'; readonly elsewhere: TakeElsewhere | null }
  /** A person let go of the take on the card. */
  | { readonly type: 'take-removed'; readonly takeId: string };

export const FIRST_SNAPSHOT: CaptureSnapshot = {
  microphone: 'unknown',
  devices: [],
  deviceId: null,
  phase: 'idle',
  takeId: null,
  segmentCount: 0,
  title: '',
  tags: [],
  notes: '',
  markers: [],
  events: [],
  settings: { keepsPreRoll: false, splitMinutes: null },
  encodesOpus: true,
  isScreenKeptOn: false,
  capturedSeconds: 0,
  safeSeconds: 0,
  connection: 'online',
  problems: [],
  savedRecordingId: null,
  isOwnedElsewhere: false,
  elsewhere: null,
  localTakesVersion: 0,
};

/** The snapshot after `event`: the same object when nothing a page could show has changed. */
export function reduceCapture(state: CaptureSnapshot, event: CaptureEvent): CaptureSnapshot {
  const isOther = 'takeId' in event && event.type !== 'take-started' && event.takeId !== state.takeId;
  // Earlier takes are sent in silence; the list of local takes says how it goes.
  if (isOther) return state;
  switch (event.type) {
    case 'microphone':
      return change(state, {
        microphone: event.microphone,
        deviceId: event.deviceId === undefined ? state.deviceId : event.deviceId,
      });
    case 'devices':
      return JSON.stringify(event.devices) === JSON.stringify(state.devices)
        ? state
        : change(state, { devices: event.devices });
    case 'take-started':
      return change(state, {
        ...freshTake(event.takeId),
        title: event.title,
        phase: 'recording',
        segmentCount: 1,
      });
    case 'take-adopted': {
      const { takeId, title, tags, notes, segmentCount, capturedSeconds, moments } = event.take;
      const details = { title, tags, notes, segmentCount, capturedSeconds, ...moments };
      return change(state, { ...freshTake(takeId), ...details, phase: 'paused' });
    }
    case 'paused':
      return move(state, ['recording'], 'paused');
    case 'resumed':
      return move(state, ['paused'], 'recording');
    case 'finishing':
      return move(state, ['recording', 'paused'], 'finishing');
    case 'finished':
      return move(state, ['finishing'], 'sending');
    case 'take-saved':
      return change(state, { phase: 'saved', savedRecordingId: event.recordingId });
    case 'take-failed':
      return change(state, { phase: 'failed' });
    case 'described':
      return change(state, event.details);
    case 'progress': {
      const { segmentCount, capturedSeconds, safeSeconds } = event;
      return change(state, { segmentCount, capturedSeconds, safeSeconds });
    }
    case 'moments':
      return change(state, { markers: event.markers, events: event.events });
    case 'connection':
      return change(state, { connection: event.state });
    case 'problem':
      return withProblem(state, event.code, event.message);
    case 'input-problem':
      return withProblem(state, event.code, [PROBLEMS[event.code], event.reason].filter(Boolean).join(' '));
    case 'problem-solved':
    case 'input-solved':
      return withoutProblem(state, event.code);
    case 'settings':
      return change(state, { settings: event.settings });
    case 'encoders':
      return change(state, { encodesOpus: event.encodesOpus });
    case 'screen':
      return change(state, { isScreenKeptOn: event.isKeptOn });
    case 'owned-elsewhere':
      return JSON.stringify(event.elsewhere) === JSON.stringify(state.elsewhere)
        ? state
        : change(state, { isOwnedElsewhere: event.elsewhere !== null, elsewhere: event.elsewhere });
    case 'take-removed':
      return change(state, {
        ...freshTake(event.takeId),
        takeId: null,
        title: '',
        phase: 'idle',
        segmentCount: 0,
      });
    case 'takes-changed':
      return change(state, { localTakesVersion: state.localTakesVersion + 1 });
    case 'take-let-go':
    case 'segment-lost':
    case 'take-full':
      return state;
  }
}

function freshTake(takeId: string): Partial<CaptureSnapshot> {
  return {
    takeId,
    tags: [],
    notes: '',
    markers: [],
    events: [],
    capturedSeconds: 0,
    safeSeconds: 0,
    problems: [],
    savedRecordingId: null,
  };
}

function move(state: CaptureSnapshot, from: readonly CapturePhase[], to: CapturePhase): CaptureSnapshot {
  return from.includes(state.phase) ? change(state, { phase: to }) : state;
}

function change(state: CaptureSnapshot, changes: Partial<CaptureSnapshot>): CaptureSnapshot {
  const next = { ...state, ...changes };
  const keys = Object.keys(changes) as (keyof CaptureSnapshot)[];
  return keys.some((key) => !Object.is(state[key], next[key])) ? next : state;
}

function withProblem(state: CaptureSnapshot, code: string, message: string): CaptureSnapshot {
  const known = state.problems.find((problem) => problem.code === code);
  if (known?.message === message) return state;
  const others = state.problems.filter((problem) => problem.code !== code);
  return change(state, { problems: [...others, { code, message }] });
}

function withoutProblem(state: CaptureSnapshot, code: string): CaptureSnapshot {
  const rest = state.problems.filter((problem) => problem.code !== code);
  return rest.length === state.problems.length ? state : change(state, { problems: rest });
}
