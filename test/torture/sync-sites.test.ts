import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findSyncSites, ROOMS } from './sync-sites.ts';

it('knows every place in the sources that speaks of a sync', () => {
  const sites = findSyncSites(fileURLToPath(new URL('../..', import.meta.url)));
  const rooms = new Set(sites.map(({ file }) => file.split('/')[1]));
  expect(ROOMS.filter((room) => !rooms.has(room))).toEqual([]);
  expect(sites.length).toBeGreaterThan(50);
});
