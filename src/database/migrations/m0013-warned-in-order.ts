import type { Migration } from './migration.ts';

const statements = [
  // Read for their number as well, so that the one that holds nothing but the shelf is no longer needed.
  'CREATE INDEX recordings_warned ON recordings (shelf, created_at, id) WHERE has_warnings = 1',
  'DROP INDEX recordings_with_warnings',
];

/** The recordings with remarks in the order of receipt: a page of them is read as it lies there, not sorted out of all. */
export const m0013WarnedInOrder: Migration = {
  number: 13,
  name: 'warned-in-order',
  sqlite: statements,
  postgres: statements,
};
