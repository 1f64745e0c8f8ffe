import { expect, it } from 'vitest';
import { canTrace } from '../count-syncs.ts';
import { run } from './syscall-kills.ts';

it.skipIf(!canTrace)(
  'leaves everything right when a completion is killed at system calls that a seed chooses (skipped without strace)',
  async () => {
    const { rows, missed, broken } = await run({ seed: 3, only: 'completion', sampleOf: 1 });
    expect(broken).toEqual([]);
    expect(missed).toEqual([]);
    expect(rows).toHaveLength(1);
  },
);
