// Recordings of many years for bench/catalogue.ts, the same ones for the same number.
import { createHash } from 'node:crypto';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type AddedRecording, addQueries } from '../src/catalogue/many-rows.ts';
import { seededRandom, wholeNumber } from '../src/crashtest/seeded-random.ts';
import { kyselyOn } from '../src/database/sqlite/session-dialect.ts';
import type { Recording } from '../src/model/recording.ts';
import { someRecording } from '../test/some-recording.ts';

const FIRST_MS = Date.parse('2016-01-01T00:00:00Z');
const LAST_MS = Date.parse('2026-11-01T00:00:00Z');
const VOCABULARY = 30_000;
export const PAGE = 400;
const KEYS_PER_MS = 1_024;
const FORMATS = [
  { codec: 'opus', container: 'ogg', mimeType: 'audio/ogg', ending: 'ogg', share: 0.55 },
  { codec: 'pcm_s16le', container: 'wav', mimeType: 'audio/wav', ending: 'wav', share: 0.85 },
  { codec: 'mp3', container: 'mp3', mimeType: 'audio/mpeg', ending: 'mp3', share: 0.97 },
  { codec: 'flac', container: 'flac', mimeType: 'audio/flac', ending: 'flac', share: 0.9995 },
  { codec: 'amr_nb', container: 'amr', mimeType: 'audio/amr', ending: 'amr', share: 1 },
] as const;
const SYLLABLES = [
  'ba',
  'co',
  'den',
  'fu',
  'gal',
  'hi',
  'jor',
  'ka',
  'lem',
  'mi',
  'nor',
  'pa',
  'ri',
  'sto',
  'tu',
  'wen',
];

/** The word of this rank, the same in every run; the first ones are common, the last ones rare. */
export function wordOf(rank: number): string {
  let rest = rank + SYLLABLES.length;
  let word = '';
  while (rest > 0) {
    word += SYLLABLES[rest % SYLLABLES.length];
    rest = Math.floor(rest / SYLLABLES.length);
  }
  return word;
}

/**
 * Enters what is missing up to `count` recordings into a file that nobody else writes: by the statements of the program,
 * with a cache that holds the indexes and without syncs, which is many times as fast. A run that is interrupted leaves a
 * file that is of no use.
 */
export async function fillSqlite(
  file: string,
  home: string,
  count: number,
  already: number,
  onPage: (entered: number) => void,
): Promise<void> {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; BEGIN');
  const db = kyselyOn({ execute: () => Promise.reject(new Error('Only statements are made here.')) });
  for (let from = Math.floor(already / PAGE) * PAGE; from < count; from += PAGE) {
    const added = addedPage(from, count);
    for (const { sql, parameters } of addQueries(db, added, home))
      database.prepare(sql).run(...(parameters as SQLInputValue[]));
    onPage(from + added.length);
  }
  database.exec('COMMIT; PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint (TRUNCATE)');
  database.close();
}

/** A page of recordings with the keys their rows get. */
export function addedPage(from: number, count: number): AddedRecording[] {
  return Array.from({ length: Math.min(PAGE, count - from) }, (_, index) => {
    const createdAtMs = dateOf(from + index, count);
    const rowKey = createdAtMs * KEYS_PER_MS + ((from + index) % KEYS_PER_MS);
    return { recording: benchRecording(from + index, createdAtMs), rowKey, isFirstOriginal: false };
  });
}

/** Words as in a language: the first ranks are met over and over, the last ones hardly ever. */
function someWord(random: () => number): string {
  return wordOf(Math.floor(VOCABULARY ** random()) - 1);
}

function dateOf(index: number, count: number): number {
  return FIRST_MS + Math.floor(((LAST_MS - FIRST_MS) * index) / count);
}

export function benchRecording(index: number, createdAtMs: number): Recording {
  const random = seededRandom(index + 1);
  const words = (least: number, most: number) =>
    Array.from({ length: wholeNumber(random, least, most) }, () => someWord(random)).join(' ');
  const createdAt = new Date(createdAtMs).toISOString();
  const format = FORMATS.find(({ share }) => share >= random()) ?? FORMATS[0];
  const checksum = createHash('sha256').update(`recording ${index} of ${createdAtMs}`).digest('hex');
  const id = idOf(createdAtMs, checksum);
  const isTake = format.codec === 'opus';
  const duration = Math.round(10 ** (1 + 3 * random()) * 1000) / 1000;
  return someRecording({
    id,
    ...(isTake ? { kind: 'take', takeId: idOf(createdAtMs + 1, checksum), segment: 0 } : {}),
    status: 'active',
    title: `${words(2, 6)} ${index % 3 === 0 ? index : ''}`.trim(),
    filename: `REC_${String(index).padStart(7, '0')}.${format.ending}`,
    storedFilename: `raw/${createdAt.slice(0, 4)}/${createdAt.slice(5, 7)}/${id}.${format.ending}`,
    filesizeBytes: Math.round(duration * 8_000 * (1 + random())),
    checksum,
    mimeType: format.mimeType,
    container: format.container,
    codec: format.codec,
    duration,
    tags: random() < 0.3 ? [`topic ${Math.floor(40 * random() ** 2)}`] : [],
    notes: random() < 0.5 ? words(5, 60) : '',
    warnings: random() < 0.0005 ? [{ code: 'truncated', message: 'The file ends early.' }] : [],
    createdAt,
    recordedAt: random() < 0.2 ? new Date(createdAtMs - 1e10 * random()).toISOString() : createdAt,
    recordedAtSource: 'given',
    // Measured and verified long ago, so that no server has that to do.
    audioChecksum: checksum,
    audioChecksumMethod: 'packets-v1',
    silenceShare: 0.25,
    lastVerifiedAt: new Date(LAST_MS).toISOString(),
  });
}

function idOf(nowMs: number, digits: string): string {
  const time = nowMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(0, 3)}-8${digits.slice(3, 6)}-${digits.slice(6, 18)}`;
}
