import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canTrace } from './count-syncs.ts';
import { type DurabilityTrace, traceDurability } from './durability-trace.ts';

/**
 * What may be in doubt: SQLite makes it anew; a removal that is done again at the next start; a log that is played
 * back once more, into files that say the same already; the name in the spool of bytes that have their place; what is
 * derived, and made anew when it is missing.
 */
const HARMLESS = [
  /sqlite-shm$/,
  /^gone data\/spool\/<id>\.terminated$/,
  /^gone .*sqlite-wal$/,
  /^gone data\/spool\/log-\d+$/,
  /^gone data\/spool\/<id>\/data$/,
  /^name data\/derived\//,
];

function trace(script: string): DurabilityTrace {
  const root = mkdtempSync(join(tmpdir(), 'vrp-durable-'));
  try {
    return traceDurability(fileURLToPath(new URL(script, import.meta.url)), root, [root]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function doubtsOf({ doubts }: DurabilityTrace) {
  return doubts
    .map(({ mark, inDoubt }) => ({
      mark,
      inDoubt: inDoubt.filter((name) => !HARMLESS.some((harmless) => harmless.test(name))),
    }))
    .filter(({ inDoubt }) => inDoubt.length > 0);
}

/** Needs strace; where it is missing these tests show up as skipped. */
describe.skipIf(!canTrace)('whatever is answered', () => {
  it('is in doubt no more, by the word of POSIX alone', () => {
    const house = trace('./traced-house.ts');
    expect(house.doubts.length).toBeGreaterThan(15);
    expect(doubtsOf(house)).toEqual([]);
    expect(house.tooEarly).toEqual([]);
  });

  it('is so after a crash and on odd disks as well', () => {
    const rooms = trace('./traced-rooms.ts');
    expect(rooms.doubts.length).toBeGreaterThan(10);
    expect(doubtsOf(rooms)).toEqual([]);
    // The death that the script itself plays, and nothing else.
    expect(rooms.tooEarly).toEqual(['blobs/quarantine/3 was removed before its other name was sure']);
  });
});
