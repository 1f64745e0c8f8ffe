import { expect, it } from 'vitest';
import { canMakeSmallDisk } from '../small-disk.ts';
import { run } from './full-disk.ts';

it.skipIf(!canMakeSmallDisk)(
  'keeps what was called stored when the disk is filled in mid-import, and imports the rest later (skipped where no disk can be mounted)',
  async () => {
    const { stories, broken } = await run({ only: 'import', diskMb: 64 });
    expect(broken).toEqual([]);
    expect(Object.keys(stories)).toEqual(['import']);
  },
);
