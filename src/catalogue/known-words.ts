import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { RecordingSearchTable, StoreSchema } from '../sessions/schema.ts';
import { BEGUN_WORD } from './begun-words.ts';
import { tableOf } from './json-rows.ts';

// Shorter and longer ones are like no other word, and those with digits are mostly numbers and dates.
const LIKE_WORD = /^[^\p{N}]{3,40}$/u;
const PLACES = Array.from({ length: 41 }, (_, index) => index + 1);

type Texts = Pick<RecordingSearchTable, 'title' | 'tags' | 'notes' | 'filename'>;

/**
 * Queries that keep the words of what is searched, so that a misspelt one finds those like it. What is known already
 * costs a look.
 */
export function knownWordQueries(db: Kysely<StoreSchema>, texts: readonly Texts[]): CompiledQuery[] {
  const words = texts.flatMap(({ title, tags, notes, filename }) =>
    [title, tags, notes, filename].flatMap((text) => text.split(' ')),
  );
  // In one order everywhere: two writers that wait for each other's new words would wait forever.
  const distinct = [...new Set(words)].sort();
  const like = distinct.filter((word) => LIKE_WORD.test(word));
  const kept = distinct.filter((word) => LIKE_WORD.test(word) || BEGUN_WORD.test(word));
  if (kept.length === 0) return [];
  const fresh = sql`NOT EXISTS (SELECT 1 FROM search_words AS known WHERE known.word = w.value)`;
  // First, for it asks which of the words are new.
  const grams =
    like.length === 0
      ? []
      : [
          sql`INSERT INTO search_word_grams (gram, word_length, word)
      SELECT substr('  ' || w.value || ' ', CAST(place.value AS integer), 3), length(w.value), w.value
      FROM ${tableOf(like)} AS w CROSS JOIN ${tableOf(PLACES)} AS place
      WHERE place.value <= length(w.value) + 1 AND ${fresh}
      ON CONFLICT DO NOTHING`.compile(db),
        ];
  return [
    ...grams,
    sql`INSERT INTO search_words (word) SELECT w.value FROM ${tableOf(kept)} AS w WHERE ${fresh}
      ON CONFLICT DO NOTHING`.compile(db),
  ];
}
