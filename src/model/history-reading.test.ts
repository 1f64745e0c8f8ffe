import { describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import type { HistoryEntry } from './history.ts';
import { readHistory } from './history-reading.ts';
import { sidecarText } from './sidecar.ts';
import { readSidecar } from './sidecar-reading.ts';

const entry: HistoryEntry = {
  version: 3,
  changedAt: '2026-11-23T12:00:00.000Z',
  by: 'anna',
  undoes: null,
  before: { title: 'A', markers: [], isTrashed: false },
  after: { title: 'B', markers: [{ atSeconds: 1, label: 'x' }], isTrashed: true },
};

describe('the history in a sidecar', () => {
  it('is read as it was written, newest first', () => {
    const recording = someRecording({ status: 'active', version: 4 });
    const history = [{ ...entry, version: 4, undoes: 3 }, entry];
    const text = sidecarText(recording, history);
    expect(readSidecar(text, 'x.json')).toEqual({ recording, history });
    const turned = JSON.stringify({ ...JSON.parse(text), history: history.toReversed() });
    expect(readSidecar(turned, 'x.json').history).toEqual(history);
  });

  it('keeps dates of long ago, of the recording and of what was there before', () => {
    const old = { recordedAt: '1931-05-01T13:30:00.000Z', recordedAtSource: 'person' };
    const recording = someRecording({ status: 'active', version: 4, ...old });
    const change = { ...entry, before: { recordedAt: null, recordedAtSource: null }, after: old };
    expect(readSidecar(sidecarText(recording, [change]), 'x.json')).toEqual({ recording, history: [change] });
    const wrong = { ...change, after: { ...old, recordedAt: 'long ago' } };
    expect(readHistory([wrong], 9)).toEqual([]);
  });

  it('of an earlier version is none', () => {
    const { history: _history, ...earlier } = JSON.parse(sidecarText(someRecording({ version: 2 })));
    expect(readSidecar(JSON.stringify(earlier), 'x.json').history).toEqual([]);
  });

  it.each([
    ['no list', { 0: entry }],
    ['text', 'history'],
    ['null', null],
    ['entries that are none', [null, 1, 'x', [], {}]],
    ['a version from the future', [{ ...entry, version: 5 }]],
    [
      'a version that is none',
      [
        { ...entry, version: 0 },
        { ...entry, version: 1.5 },
        { ...entry, version: '3' },
      ],
    ],
    ['a date that is none', [{ ...entry, changedAt: 'yesterday' }]],
    [
      'nobody',
      [
        { ...entry, by: null },
        { ...entry, by: 'a\0b' },
      ],
    ],
    ['nothing changed', [{ ...entry, before: {}, after: {} }]],
    ['fields on one side only', [{ ...entry, before: { title: 'A' } }]],
    ['values that cannot be', [{ ...entry, before: { title: 1 }, after: { title: 'B' } }]],
    ['texts that no database keeps', [{ ...entry, before: { notes: 'a\0' }, after: { notes: '' } }]],
    ['markers that are none', [{ ...entry, before: { markers: [1] }, after: { markers: [] } }]],
    ['fields that nobody knows', [{ ...entry, before: { checksum: 'a' }, after: { checksum: 'b' } }]],
    ['an undo of nothing', [{ ...entry, undoes: 'x' }]],
  ])('that is %s is passed over, and the recording is read all the same', (_what, history) => {
    expect(readHistory(history, 4)).toEqual([]);
    const recording = someRecording({ status: 'active', version: 4 });
    const text = JSON.stringify({ ...JSON.parse(sidecarText(recording)), history });
    expect(readSidecar(text, 'x.json')).toEqual({ recording, history: [] });
  });

  it('has each version once, and nothing but what it knows', () => {
    const strange = {
      ...entry,
      mood: 'x',
      before: { ...entry.before, mood: 1 },
      after: { ...entry.after, mood: 2 },
    };
    expect(readHistory([entry, strange, entry], 4)).toEqual([entry]);
    expect(readHistory([JSON.parse(`{"__proto__": ${JSON.stringify(entry)}}`)], 4)).toEqual([]);
  });
});
