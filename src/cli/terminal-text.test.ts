import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, fitColumns, printable, printableJson } from './terminal-text.ts';

describe('printable', () => {
  it('writes escape sequences out instead of sending them', () => {
    expect(printable('\u001b[31mred\u0007')).toBe('\\u{1b}[31mred\\u{7}');
    expect(printable('\u009b31m')).toBe('\\u{9b}31m');
  });

  it('writes out line breaks, marks that turn the direction of writing, and lone surrogates', () => {
    expect(printable('a\nb\u2028c')).toBe('a\\u{a}b\\u{2028}c');
    expect(printable('evil\u202egpj.wav')).toBe('evil\\u{202e}gpj.wav');
    expect(printable('x\ud800y')).toBe('x\\u{d800}y');
  });

  it('leaves names in any script alone', () => {
    for (const name of ['Reunión – señora Ibáñez.opus', '会議の録音', 'Großmutter 👵🏽 erzählt', 'مقابلة'])
      expect(printable(name)).toBe(name);
  });

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Cs}\u202e]/u.test(printable(text))),
    );
  });
});

describe('printableJson', () => {
  it('is the same value when parsed, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = printableJson({ text }, 2);
        expect(JSON.parse(json)).toEqual({ text });
        expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
      }),
    );
  });
});

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['会議', 4],
    ['e\u0301', 1],
    ['👵🏽', 2],
    ['한국어', 6],
    ['é–ü', 3],
  ])('measures %s', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('fitColumns', () => {
  it('fills the columns exactly', () => {
    expect(fitColumns('abc', 5)).toBe('abc  ');
    expect(fitColumns('abc', 5, 'right')).toBe('  abc');
    expect(fitColumns('abcdef', 4)).toBe('abc…');
    expect(fitColumns('会議の録音', 6)).toBe('会議… ');
  });

  it('takes that many columns for any printable text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        expect(displayWidth(fitColumns(printable(text), columns))).toBe(columns);
      }),
    );
  });
});
