import { type RawBuilder, sql } from 'kysely';
import { tagKey } from '../model/amendment.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingFilters } from '../model/recording.ts';
import { eitherSql } from '../sessions/either-sql.ts';
import type { RecordingRow } from './recording-row.ts';

const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;
const DAY_LENGTH = 'YYYY-MM-DD'.length;
const DAY_MS = 24 * 60 * 60 * 1000;

/** One thing that narrows a list. */
export interface ListFilter {
  /** Says which of all filters it is. */
  readonly name: string;
  /** That the recording `row` (an alias of `recordings`) passes; walks through an index of another order use it. */
  passes(row: string): RawBuilder<boolean>;
  /** The same as a range of an index over `column`, for lists in the order of that column. */
  readonly range?: { readonly column: keyof RecordingRow; passes(row: string): RawBuilder<boolean> };
  /** Selects the row keys of all that pass on a shelf, by an index of its own; missing where there is none. */
  readonly selectKeys?: (shelf: string) => RawBuilder<{ row_key: number }>;
  /** Where it is a word people gave. */
  readonly label?: Label;
}

/** A word people gave recordings. Its table has a row for each of them that says where it stands in every order. */
export interface Label {
  readonly table: 'recording_tags' | 'recording_collections';
  readonly keyColumn: 'tag_key' | 'collection_key';
  readonly key: string;
}

/** Of the filters asked for. Rejects with `invalid-input` what no recording could pass. */
export function listFilters(filters: RecordingFilters): readonly ListFilter[] {
  const { tag, collection, from, to, minDuration, maxDuration, format, kind, hasWarnings } = filters;
  return [
    ...(tag === undefined
      ? []
      : [labelled({ table: 'recording_tags', keyColumn: 'tag_key', key: tagKey(tag) })]),
    ...(collection === undefined
      ? []
      : [
          labelled({
            table: 'recording_collections',
            keyColumn: 'collection_key',
            key: tagKey(collection),
          }),
        ]),
    ...range('moment_ms', readMoment('from', from), readMoment('to', to)),
    // Those whose length is not known have none, be it long or short.
    ...range('duration_ms', minimum(minDuration, maxDuration), above(maxDuration)),
    ...(format === undefined ? [] : [equal('format', format.trim().toLowerCase())]),
    ...(kind === undefined ? [] : [equal('kind', kind)]),
    ...(hasWarnings === undefined ? [] : [withWarnings(hasWarnings)]),
  ];
}

/**
 * A column as walks through an index of another order name it. In an expression SQLite does not leave that order for an
 * index over the column: it would sort all that passes, a million recordings or so, for a page. PostgreSQL counts what
 * stands in its columns, and judges by that.
 */
function walked<T>(row: string, column: string, inSqlite: RawBuilder<unknown>): RawBuilder<T> {
  const plain = sql.ref(`${row}.${column}`);
  return eitherSql<T>({ sqlite: sql`${plain} ${inSqlite}`, postgres: plain });
}

function equal(column: 'format' | 'kind', value: string): ListFilter {
  return {
    name: `${column} ${value}`,
    passes: (row) => sql`${walked(row, column, sql`|| ''`)} = ${value}`,
    selectKeys: (shelf) =>
      sql`SELECT row_key FROM recordings WHERE shelf = ${shelf} AND ${sql.ref(column)} = ${value}`,
  };
}

/** From `least`, and below `limit`. */
function range(
  column: 'moment_ms' | 'duration_ms',
  least: number | undefined,
  limit: number | undefined,
): ListFilter[] {
  if (least === undefined && limit === undefined) return [];
  const within = (value: RawBuilder<unknown>) =>
    sql.join<boolean>(
      [
        ...(least === undefined ? [] : [sql`${value} >= ${least}`]),
        ...(limit === undefined ? [] : [sql`${value} < ${limit}`]),
      ],
      sql` AND `,
    );
  return [
    {
      name: `${column} ${least} ${limit}`,
      passes: (row) => within(walked(row, column, sql`+ 0`)),
      range: { column, passes: (row) => within(sql.ref(`${row}.${column}`)) },
      selectKeys: (shelf) =>
        sql`SELECT row_key FROM recordings WHERE shelf = ${shelf} AND ${within(sql.ref(column))}`,
    },
  ];
}

function withWarnings(hasWarnings: boolean): ListFilter {
  const passes = (row: string) =>
    sql<boolean>`${walked(row, 'has_warnings', sql`+ 0`)} = ${sql.lit(hasWarnings ? 1 : 0)}`;
  const name = `warnings ${hasWarnings}`;
  if (!hasWarnings) return { name, passes };
  return {
    name,
    passes,
    // Their index is in the order of receipt.
    range: { column: 'created_at', passes: (row) => sql<boolean>`${sql.ref(`${row}.has_warnings`)} = 1` },
    // Written out, not bound: only so does SQLite see that its index over these few rows will do.
    selectKeys: (shelf) => sql`SELECT row_key FROM recordings WHERE shelf = ${shelf} AND has_warnings = 1`,
  };
}

function labelled(label: Label): ListFilter {
  const table = sql.table(label.table);
  const isIt = sql`${sql.ref(`l.${label.keyColumn}`)} = ${label.key}`;
  return {
    name: `${label.table} ${label.key}`,
    passes: (row) => sql`EXISTS (SELECT 1 FROM ${table} AS l WHERE ${isIt}
      AND l.shelf = ${sql.ref(`${row}.shelf`)} AND l.created_at = ${sql.ref(`${row}.created_at`)}
      AND l.recording_id = ${sql.ref(`${row}.id`)})`,
    selectKeys: (shelf) => sql`SELECT l.row_key FROM ${table} AS l WHERE ${isIt} AND l.shelf = ${shelf}`,
    label,
  };
}

/** A day without a time is all of that day, by UTC. */
function readMoment(name: 'from' | 'to', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return name === 'to' && text.length === DAY_LENGTH ? ms + DAY_MS : ms;
  throw new VoiceRecorderError(
    'invalid-input',
    `"${name}" is "${text}"; expected a day (2026-11-22) or a moment with its zone (2026-11-22T08:00:00Z).`,
  );
}

function minimum(least: number | undefined, most: number | undefined): number | undefined {
  if (least === undefined && most === undefined) return undefined;
  return Math.round(checkSeconds('minDuration', least ?? 0) * 1000);
}

function above(most: number | undefined): number | undefined {
  return most === undefined ? undefined : Math.round(checkSeconds('maxDuration', most) * 1000) + 1;
}

function checkSeconds(name: string, seconds: number): number {
  if (Number.isFinite(seconds) && seconds >= 0 && seconds < 1e9) return seconds;
  throw new VoiceRecorderError('invalid-input', `"${name}" is ${seconds}; expected seconds from 0 on.`);
}
