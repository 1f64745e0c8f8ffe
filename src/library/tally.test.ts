import { describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { newId } from '../model/id.ts';
import { Tally } from './tally.ts';

const STORE = newId(Date.now());

function tallyAt(time: { ms: number }) {
  return new Tally({ nowMs: () => time.ms, monotonicMs: () => time.ms });
}

describe('the figures of a store', () => {
  it('count what came in here, and nothing that came in elsewhere', () => {
    const tally = tallyAt({ ms: 0 });
    for (const kind of ['take', 'take', 'file', 'edit'] as const) {
      tally.noteEvent({ type: 'recording-added', recording: someRecording({ kind }) }, STORE);
    }
    const elsewhere = someRecording({ kind: 'take', storeId: newId(Date.now()) });
    tally.noteEvent({ type: 'recording-added', recording: elsewhere }, STORE);
    tally.noteEvent({ type: 'recording-changed', recording: someRecording({ kind: 'take' }) }, STORE);
    expect(tally.figures(0).added).toEqual({ take: 2, file: 1, edit: 1 });
  });

  it('know what is arriving until it is silent for ten seconds or has become a recording', () => {
    const time = { ms: 0 };
    const tally = tallyAt(time);
    const [first, second] = [newId(1), newId(2)];
    tally.noteBytes(first, 'take', 8_000);
    tally.noteBytes(second, 'take', 1_000);
    tally.noteBytes(newId(3), 'file', 500);
    expect(tally.figures(0)).toMatchObject({
      arriving: { take: 2, file: 1 },
      acknowledgedBytes: { take: 9_000, file: 500 },
    });
    tally.noteEvent({ type: 'recording-added', recording: someRecording({ id: second }) }, STORE);
    expect(tally.figures(0).arriving).toEqual({ take: 1, file: 1 });
    time.ms = 9_000;
    tally.noteBytes(first, 'take', 8_000);
    time.ms = 11_000;
    expect(tally.figures(0).arriving).toEqual({ take: 1, file: 0 });
    time.ms = 20_000;
    expect(tally.figures(0)).toMatchObject({
      arriving: { take: 0, file: 0 },
      acknowledgedBytes: { take: 17_000 },
    });
  });

  it('tell crashes of media processes from ends that were wanted', () => {
    const tally = tallyAt({ ms: 0 });
    const live = (processId: number, end: string | null) => {
      tally.noteMedia({ type: 'child-started', line: 'probe', processId, reason: 'needed' });
      if (end !== null) tally.noteMedia({ type: 'child-killed', line: 'probe', processId, reason: end });
      tally.noteMedia({ type: 'child-ended', line: 'probe', processId, reason: 'SIGKILL' });
    };
    for (const [index, end] of ['idle', 'memory', 'time', 'time', null, 'closed'].entries()) live(index, end);
    expect(tally.figures(0).media).toEqual({
      probe: { started: 6, crashed: 1, overMemory: 1, overTime: 2 },
    });
  });
});
