import { describe, expect, it } from 'vitest';
import { type CaptureEvent, FIRST_SNAPSHOT, reduceCapture } from './capture-machine.ts';
import type { CaptureSnapshot } from './capture-port.ts';

const TAKE = 'take-1';

function stateAfter(...events: readonly CaptureEvent[]): CaptureSnapshot {
  return events.reduce(reduceCapture, FIRST_SNAPSHOT);
}

const started: CaptureEvent = { type: 'take-started', takeId: TAKE, title: 'Sunday' };
const progress: CaptureEvent = {
  type: 'progress',
  takeId: TAKE,
  segmentCount: 1,
  capturedSeconds: 5,
  safeSeconds: 4,
};
const saved: CaptureEvent = { type: 'take-saved', takeId: TAKE, recordingId: 'r' };

describe('the state of the capture', () => {
  it('goes from recording through pause, finishing and sending to saved', () => {
    const phases: string[] = [];
    const events: CaptureEvent[] = [
      started,
      { type: 'paused' },
      { type: 'resumed' },
      { type: 'finishing' },
      { type: 'finished' },
      saved,
    ];
    events.reduce((state, event) => {
      const next = reduceCapture(state, event);
      phases.push(next.phase);
      return next;
    }, FIRST_SNAPSHOT);
    expect(phases).toEqual(['recording', 'paused', 'recording', 'finishing', 'sending', 'saved']);
  });

  it('stays saved when the server was faster than the end of the local file', () => {
    expect(stateAfter(started, { type: 'finishing' }, saved, { type: 'finished' }).phase).toBe('saved');
  });

  it('is the same object when nothing changed', () => {
    const state = stateAfter(started, progress);
    expect(reduceCapture(state, progress)).toBe(state);
    expect(reduceCapture(state, { type: 'connection', state: 'online' })).toBe(state);
    expect(reduceCapture(state, { type: 'resumed' })).toBe(state);
    expect(reduceCapture(state, { type: 'described', details: { title: 'Sunday' } })).toBe(state);
  });

  it('does not listen to other takes than its own', () => {
    const state = stateAfter(started, progress);
    expect(reduceCapture(state, { ...progress, takeId: 'old', capturedSeconds: 99 })).toBe(state);
    expect(reduceCapture(state, { ...saved, takeId: 'old' })).toBe(state);
    expect(reduceCapture(state, { type: 'problem', takeId: 'old', code: 'x', message: 'y' })).toBe(state);
  });

  it('begins a new take without the numbers, words and problems of the one before', () => {
    const state = stateAfter(
      started,
      progress,
      { type: 'described', details: { tags: ['a'], notes: 'n' } },
      { type: 'problem', takeId: TAKE, code: 'server-refused', message: 'No.' },
      saved,
      { type: 'take-started', takeId: 'take-2', title: 'Monday' },
    );
    expect(state).toMatchObject({
      takeId: 'take-2',
      title: 'Monday',
      tags: [],
      notes: '',
      capturedSeconds: 0,
      safeSeconds: 0,
      problems: [],
      savedRecordingId: null,
      phase: 'recording',
    });
  });

  it('waits for a click with a take that a reload interrupted', () => {
    const take = {
      takeId: TAKE,
      title: 'Sunday',
      tags: ['a'],
      notes: 'n',
      phase: 'recording' as const,
      segmentCount: 2,
      capturedSeconds: 8,
      moments: { markers: [{ id: 'm', takeSeconds: 3, label: 'here' }], events: [] },
    };
    const state = stateAfter({ type: 'take-adopted', take });
    expect(state).toMatchObject({
      phase: 'paused',
      takeId: TAKE,
      segmentCount: 2,
      capturedSeconds: 8,
      markers: [{ id: 'm', takeSeconds: 3, label: 'here' }],
      tags: ['a'],
    });
    expect(reduceCapture(state, { type: 'resumed' }).phase).toBe('recording');
  });

  it('names each problem once, by its last sentence, until it is solved', () => {
    const first = stateAfter(started, {
      type: 'problem',
      takeId: TAKE,
      code: 'server-refused',
      message: 'Full.',
    });
    const second = reduceCapture(first, {
      type: 'problem',
      takeId: TAKE,
      code: 'server-refused',
      message: 'Still full.',
    });
    expect(second.problems).toEqual([{ code: 'server-refused', message: 'Still full.' }]);
    const solved = reduceCapture(second, { type: 'problem-solved', takeId: TAKE, code: 'server-refused' });
    expect(solved.problems).toEqual([]);
  });

  it('keeps the device when only the state of the microphone changes', () => {
    const state = stateAfter(
      { type: 'microphone', microphone: 'open', deviceId: 'usb' },
      { type: 'microphone', microphone: 'asking' },
    );
    expect(state.deviceId).toBe('usb');
    expect(
      reduceCapture(state, { type: 'microphone', microphone: 'missing', deviceId: null }).deviceId,
    ).toBeNull();
  });
});
