import { describe, expect, it } from 'vitest';
import { NO_TAGS } from '../model/audio-facts.ts';
import { type DateClues, findRecordedAt } from './recorded-at.ts';

function clues(given: {
  wish?: Partial<DateClues['wish']>;
  bext?: Record<string, string>;
  date?: string;
  madeAt?: string;
  filename?: string;
  localZone?: string;
}): DateClues {
  return {
    wish: { kind: 'file', recordedAt: null, recordedAtSource: null, recordedAtZone: null, ...given.wish },
    embedded: { ...NO_TAGS, bext: given.bext ?? null, date: given.date ?? null },
    madeAt: given.madeAt ?? null,
    filename: given.filename ?? 'x.wav',
    createdAt: '2026-11-22T12:00:00.000Z',
    localZone: given.localZone ?? 'Europe/Berlin',
  };
}
const found = (given: Parameters<typeof clues>[0]) => findRecordedAt(clues(given));

describe('the date of a recording', () => {
  it('is told by the best witness', () => {
    const all = {
      wish: { recordedAt: '2020-01-01T00:00:00Z', recordedAtSource: 'file-date' },
      bext: { originationDate: '2021-07-01', originationTime: '10:20:30' },
      date: '2022-07-01T00:00:00Z',
      madeAt: '2024-07-01T00:00:00.000000Z',
      filename: '2023-07-01.wav',
    };
    expect(found(all)).toEqual({ recordedAt: '2021-07-01T08:20:30.000Z', recordedAtSource: 'bext' });
    expect(found({ ...all, bext: {} })).toEqual({
      recordedAt: '2022-07-01T00:00:00.000Z',
      recordedAtSource: 'tags',
    });
    expect(found({ ...all, bext: {}, date: '2022' }).recordedAtSource).toBe('filename');
    expect(found({ ...all, bext: {}, date: '2022', filename: 'x.wav' })).toEqual({
      recordedAt: '2024-07-01T00:00:00.000Z',
      recordedAtSource: 'tags',
    });
    expect(found({ ...all, bext: {}, date: '', madeAt: '1904-01-01T00:00:00Z', filename: 'x.wav' })).toEqual({
      recordedAt: '2020-01-01T00:00:00.000Z',
      recordedAtSource: 'file-date',
    });
    expect(found({ ...all, wish: { recordedAt: '2019-01-01T00:00:00Z' } }).recordedAtSource).toBe('given');
    expect(
      found({ ...all, wish: { kind: 'take', recordedAt: '2019-01-01T00:00:00Z' } }).recordedAtSource,
    ).toBe('take');
    expect(found({})).toEqual({ recordedAt: null, recordedAtSource: null });
  });

  it.each([
    ['20261121T213205Z-x.wav', '2026-11-21T21:32:05.000Z'],
    ['2026-07-01 21.32.05.m4a', '2026-07-01T19:32:05.000Z'],
    ['20260701_213205.wav', '2026-07-01T19:32:05.000Z'],
    ['Recording 2026-01-31 at 08.15.00.m4a', '2026-01-31T07:15:00.000Z'],
    ['AUD-20260131-WA0001.opus', '2026-01-30T23:00:00.000Z'],
    ['interview 2026-01-31.wav', '2026-01-30T23:00:00.000Z'],
    ['2026_01_31-2359.wav', '2026-01-31T22:59:00.000Z'],
    ['20260231.wav', null],
    ['99999999.wav', null],
    ['123456789012.wav', null],
    ['19700101.wav', null],
    ['20991231.wav', null],
  ])('is read from the name %s', (filename, recordedAt) => {
    expect(found({ filename }).recordedAt).toBe(recordedAt);
  });

  it('keeps to the clocks of the place, also in the hour they change', () => {
    expect(found({ filename: '20260329_013000' }).recordedAt).toBe('2026-03-29T00:30:00.000Z');
    expect(found({ filename: '20260329_033000' }).recordedAt).toBe('2026-03-29T01:30:00.000Z');
    expect(
      found({ filename: '20260701_120000', wish: { recordedAtZone: 'Asia/Kathmandu' } }).recordedAt,
    ).toBe('2026-07-01T06:15:00.000Z');
    expect(found({ filename: '20260701_120000', localZone: 'No/Where' }).recordedAt).toBe(
      '2026-07-01T12:00:00.000Z',
    );
  });

  it('does not believe recorders that lost their clock', () => {
    for (const originationDate of ['1904-01-01', '1970-01-01', '2031-01-01', '0000-00-00', 'garbage']) {
      expect(found({ bext: { originationDate, originationTime: '00:00:00' } }).recordedAt).toBeNull();
    }
  });
});
