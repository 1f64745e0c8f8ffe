import { describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { planJoin } from './join-plan.ts';
import type { Recording } from './recording.ts';
import { chooseSegments, describeTake } from './take.ts';

const segmentOf = (segment: number, facts: Partial<Recording> = {}) =>
  someRecording({ kind: 'take', takeId: 'walk', status: 'active', segment, duration: 10, ...facts });
const state = { isComplete: true, version: 'v', made: undefined };

describe('the segments of a take', () => {
  it('are one for each number, the longest, in order, without what was superseded or is being placed', () => {
    const short = segmentOf(1, { duration: 3 });
    const long = segmentOf(1, { duration: 8 });
    const first = segmentOf(0);
    const superseded = segmentOf(0, {
      storedFilename: 'quarantine/raw/a.ogg',
      status: 'trashed',
      duration: 99,
    });
    const placing = segmentOf(2, { status: 'placing' });
    const chosen = chooseSegments([short, placing, long, superseded, first]);
    expect(chosen.map(({ id }) => id)).toEqual([first.id, long.id]);
  });

  it('are those in the library, or those in the trash when none is left there', () => {
    const trashed = segmentOf(0, { status: 'trashed' });
    const kept = segmentOf(1);
    expect(chooseSegments([trashed, kept])).toEqual([kept]);
    expect(chooseSegments([trashed])).toEqual([trashed]);
    expect(chooseSegments([])).toEqual([]);
  });
});

describe('a take', () => {
  it('places markers, events and gaps where the segments begin in the joined audio', () => {
    const event = { kind: 'clipping', atSeconds: 1, durationSeconds: 0.5 };
    const segments = [
      segmentOf(0, { markers: [{ atSeconds: 4, label: 'a' }] }),
      segmentOf(1, { gapBefore: { durationSeconds: 2, cause: 'asleep' }, timeline: [event] }),
      segmentOf(2, { gapBefore: null, markers: [{ atSeconds: 0, label: 'b' }] }),
    ];
    const plan = planJoin(segments, 'wav')!;
    const made = { plan, startsSeconds: [0, 10.02, 20.05] };
    const take = describeTake('walk', segments, { ...state, made });
    expect(take.markers).toEqual([
      { atSeconds: 4, label: 'a' },
      { atSeconds: 20.05, label: 'b' },
    ]);
    expect(take.timeline).toEqual([{ ...event, atSeconds: 11.02 }]);
    expect(take.gaps).toEqual([
      { afterSegment: 0, atSeconds: 10.02, durationSeconds: 2, cause: 'asleep' },
      { afterSegment: 1, atSeconds: 20.05, durationSeconds: null, cause: 'unknown' },
    ]);
    expect(take).toMatchObject({ duration: 30, hasExactPositions: true });
  });

  it('names missing segments, also before the first one that is there', () => {
    const take = describeTake('walk', [segmentOf(2), segmentOf(4)], state);
    expect(take.missingSegments).toEqual([0, 1, 3]);
    expect(take.gaps).toEqual([
      { afterSegment: 1, atSeconds: 0, durationSeconds: null, cause: 'segment-missing' },
      { afterSegment: 2, atSeconds: 10, durationSeconds: null, cause: 'segment-missing' },
    ]);
    expect(take.hasExactPositions).toBe(false);
  });

  it('says why it has no joined file', () => {
    const many = [segmentOf(0, { channels: 10 }), segmentOf(1, { channels: 2 })];
    expect(describeTake('walk', many, state)).toMatchObject({
      joined: null,
      joinedProblem: expect.stringContaining('8 channels'),
    });
  });
});

describe('the plan for joining', () => {
  const opus = segmentOf(0, { container: 'ogg', codec: 'opus', mimeType: 'audio/ogg', bitDepth: null });
  const flac = segmentOf(0, { container: 'flac', codec: 'flac', mimeType: 'audio/flac', bitDepth: 24 });
  const wav = segmentOf(0);

  it.each([
    ['one segment', [opus], 'original', 'opus'],
    ['Opus', [opus, { ...opus, sampleRateHz: 44_100 }], 'copy', 'opus'],
    ['Opus of other channels', [opus, { ...opus, channels: 2 }], 'encode', 'flac'],
    ['FLAC', [flac, flac], 'copy', 'flac'],
    ['FLAC of another depth', [flac, { ...flac, bitDepth: 16 }], 'encode', 'flac'],
    ['FLAC of another rate', [flac, { ...flac, sampleRateHz: 44_100 }], 'encode', 'flac'],
    ['WAV and RF64', [wav, { ...wav, container: 'rf64' }], 'copy', 'pcm_s16le'],
    [
      'WAV of coded audio',
      [
        { ...wav, codec: 'adpcm_ms' },
        { ...wav, codec: 'adpcm_ms' },
      ],
      'encode',
      'flac',
    ],
    ['Opus and FLAC', [opus, flac], 'encode', 'flac'],
  ] as const)('%s', (_, parts, kind, codec) => {
    expect(planJoin(parts, 'ogg')).toMatchObject({ kind, codec });
  });
});
