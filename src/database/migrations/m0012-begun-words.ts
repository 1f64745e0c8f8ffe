import type { Migration } from './migration.ts';

/** All words with four letters first are known, so that what begins so can be looked up as whole words. */
export const m0012BegunWords: Migration = {
  number: 12,
  name: 'begun-words',
  sqlite: [
    "CREATE VIRTUAL TABLE known_words USING fts5vocab (recording_search, 'row')",
    `INSERT INTO search_words (word) SELECT term FROM known_words WHERE term GLOB '[^0-9][^0-9][^0-9][^0-9]?*'
       ON CONFLICT DO NOTHING`,
    'DROP TABLE known_words',
  ],
  // There the index of words has them in their order, and finds beginnings of any length alike.
  postgres: [],
};
