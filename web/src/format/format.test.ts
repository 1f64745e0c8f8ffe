import { describe, expect, it } from 'vitest';
import { dayKey, formatDateTime, formatDay, localMinute } from './date.ts';
import { formatName } from './format-name.ts';
import { formatClock, formatLengthInWords, formatRoom } from './length.ts';
import { formatBitRate, formatBytes, formatSampleRate } from './size.ts';
import { renderTakeTitle } from './take-title.ts';

const BERLIN = { locale: 'en-GB', timeZone: 'Europe/Berlin' };

describe('lengths', () => {
  it('shows whole seconds and never rounds up', () => {
    expect(formatClock(0)).toBe('0:00');
    expect(formatClock(751.99)).toBe('12:31');
    expect(formatClock(3727)).toBe('1:02:07');
  });

  it('shows zero for what is no length', () => {
    expect(formatClock(Number.NaN)).toBe('0:00');
    expect(formatClock(-3)).toBe('0:00');
    expect(formatClock(Number.POSITIVE_INFINITY)).toBe('0:00');
  });

  it('says lengths in words for screen readers', () => {
    expect(formatLengthInWords(3727, 'en')).toBe('1 hour 2 minutes 7 seconds');
    expect(formatLengthInWords(60, 'en')).toBe('1 minute');
    expect(formatLengthInWords(0, 'en')).toBe('0 seconds');
  });

  it('promises less room rather than more', () => {
    expect(formatRoom(119.9, 'en')).toBe('119 minutes');
    expect(formatRoom(179, 'en')).toBe('2 hours');
    expect(formatRoom(-5, 'en')).toBe('0 minutes');
  });
});

describe('sizes', () => {
  it('counts in powers of a thousand', () => {
    expect(formatBytes(1, 'en')).toBe('1 byte');
    expect(formatBytes(999, 'en')).toBe('999 bytes');
    expect(formatBytes(1000, 'en')).toBe('1 kB');
    expect(formatBytes(4_240_000, 'en')).toBe('4.2 MB');
    expect(formatBytes(214e9, 'en')).toBe('214 GB');
  });

  it('does not show a thousand of a unit', () => {
    expect(formatBytes(999_900, 'en')).toBe('1 MB');
  });

  it('shows rates as people know them', () => {
    expect(formatSampleRate(44_100, 'en')).toBe('44.1 kHz');
    expect(formatBitRate(64_000, 'en')).toBe('64 kbit/s');
  });
});

describe('dates', () => {
  it('go into a field and out of it as they are', () => {
    for (const iso of ['2026-11-22T21:32:00.000Z', '2026-07-01T00:00:00.000Z', '1962-05-01T13:30:00.000Z'])
      expect(new Date(localMinute(iso)).toISOString()).toBe(iso);
  });

  it('counts days in the zone of the reader', () => {
    expect(dayKey('2026-11-22T23:30:00Z', BERLIN)).toBe('2026-11-23');
    expect(dayKey('2026-11-22T23:30:00Z', { timeZone: 'America/New_York' })).toBe('2026-11-22');
  });

  it('says today and yesterday, also across a change of clocks', () => {
    // In Berlin the day of 25 October 2026 has 25 hours.
    const nowMs = Date.parse('2026-10-26T00:30:00+01:00');
    expect(formatDay('2026-10-26T00:10:00+01:00', nowMs, BERLIN)).toBe('Today');
    expect(formatDay('2026-10-25T00:10:00+02:00', nowMs, BERLIN)).toBe('Yesterday');
    expect(formatDay('2026-10-24T23:50:00+02:00', nowMs, BERLIN)).toMatch(/^Saturday,? 24 October 2026$/);
  });

  it('shows date and time together', () => {
    expect(formatDateTime('2026-11-22T20:32:05Z', BERLIN)).toBe('22 Nov 2026, 21:32');
  });
});

describe('the title of a take', () => {
  it('is made from the template in local time', () => {
    const at = new Date('2026-11-22T20:32:05Z');
    expect(renderTakeTitle('Recording {date}, {time}', at, BERLIN)).toBe('Recording 22 Nov 2026, 21:32');
    expect(renderTakeTitle('{weekday}', at, BERLIN)).toBe('Sunday');
  });

  it('leaves words it does not know as they are', () => {
    expect(renderTakeTitle('{speaker} {date}', new Date('2026-11-22T20:32:05Z'), BERLIN)).toBe(
      '{speaker} 22 Nov 2026',
    );
  });
});

describe('the name of a format', () => {
  it('says container and codec as people do', () => {
    expect(formatName({ container: 'ogg', codec: 'opus' })).toBe('Opus in Ogg');
    expect(formatName({ container: 'wav', codec: 'pcm_s24le' })).toBe('WAV');
    expect(formatName({ container: 'flac', codec: 'flac' })).toBe('FLAC');
    expect(formatName({ container: 'xyz', codec: 'odd' })).toBe('ODD in XYZ');
  });
});
