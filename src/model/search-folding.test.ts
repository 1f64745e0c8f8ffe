import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { findWords, titleKeyOf, wordsOf } from './search-folding.ts';

describe('the words of a text', () => {
  it('are folded, and know their places', () => {
    const text = 'Zoë’s “Café” – №5, naïve_ΟΔΟΣ';
    const words = [...findWords(text)];
    expect(words.map(({ word }) => word)).toEqual(['zoe', 's', 'cafe', '5', 'naive', 'οδοσ']);
    expect(words.map(({ start, length }) => text.slice(start, start + length))).toEqual([
      'Zoë',
      's',
      'Café',
      '5',
      'naïve',
      'ΟΔΟΣ',
    ]);
  });

  it('are the same in every Unicode form', () => {
    for (const text of [
      'Ắngström',
      'ÇA VA',
      'Dvořák',
      'ḰṴṤ',
      'İstanbul',
      'Ελληνικά',
      'Йод',
      '한국어',
      'हिन्दी',
    ])
      expect(wordsOf(text.normalize('NFD')), text).toEqual(wordsOf(text.normalize('NFC')));
  });

  it('are those of SQLite for all letters of Latin, Greek, Cyrillic, Hebrew, Arabic and Kana', () => {
    const database = new DatabaseSync(':memory:');
    database.exec(
      `CREATE VIRTUAL TABLE search USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
       CREATE VIRTUAL TABLE words USING fts5vocab (search, 'instance');`,
    );
    const insert = database.prepare('INSERT INTO search (rowid, text) VALUES (?, ?)');
    const blocks = [
      [0x41, 0x24f],
      [0x386, 0x3ce],
      [0x400, 0x45f],
      [0x5d0, 0x5ea],
      [0x620, 0x64a],
      [0x1e00, 0x1eff],
      [0x3041, 0x30fe],
    ] as const;
    const letters = blocks
      .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
      .map((code) => String.fromCodePoint(code))
      // Accents that SQLite keeps, and a long s with a dot.
      .filter((letter) => /^\p{L}$/u.test(letter) && !/[Ǡǡẛ]/u.test(letter));
    for (const letter of letters) insert.run(letter.codePointAt(0) ?? 0, `a${letter}b`);
    const found = database.prepare('SELECT doc, term FROM words ORDER BY doc').all();
    const bySqlite = Object.fromEntries(
      found.map(({ doc, term }) => [String.fromCodePoint(Number(doc)), term]),
    );
    const byUs = Object.fromEntries(letters.map((letter) => [letter, wordsOf(`a${letter}b`)[0]]));
    expect(byUs).toEqual(bySqlite);
    database.close();
  });

  it('are cut where they are no words any more', () => {
    expect(wordsOf('x'.repeat(100_000))).toEqual(['x'.repeat(100)]);
    expect(wordsOf(`x${'𝒳'.repeat(100)}`)[0]?.isWellFormed()).toBe(true);
    expect(wordsOf('🎙 … \0 \ud800')).toEqual([]);
  });
});

describe('the order of titles', () => {
  it('goes by words without case and accents, and by numbers as numbers', () => {
    const titles = ['Äpfel', 'apple', '“Band 2”', 'band 010', 'Band 10a', 'Zürich', 'Öl'];
    expect(titles.toSorted((a, b) => (titleKeyOf(a) < titleKeyOf(b) ? -1 : 1))).toEqual([
      'Äpfel',
      'apple',
      '“Band 2”',
      'band 010',
      'Band 10a',
      'Öl',
      'Zürich',
    ]);
  });
});
