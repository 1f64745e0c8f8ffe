import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They wait for real time, start many processes, or both. Begun last, each would run alone at the end. */
const LONGEST = [
  'test/crashtest.test.ts',
  'src/cli/capture/record.test.ts',
  'test/full-disk.test.ts',
  'src/cli/vrp.test.ts',
  'test/torture/server-kill.test.ts',
  'test/torture/sync-failures.test.ts',
  'test/torture/syscall-kills.test.ts',
  'test/torture/power-cut.test.ts',
  'test/torture/full-disk.test.ts',
  'src/ingest/crash.test.ts',
  'test/postgres/repositories.test.ts',
  'test/postgres/lists.test.ts',
  'test/torture/uploads-kill.test.ts',
  'test/torture/two-servers.test.ts',
  'test/torture/probe-mutations.test.ts',
  'test/torture/purge-kill.test.ts',
  'test/torture/import-kill.test.ts',
  'test/e2e/local-takes.test.ts',
  'test/e2e/take.test.ts',
  'test/e2e/watchdog.test.ts',
  'test/e2e/microphone.test.ts',
];

/** A machine that never ran the tests knows nothing of them but their sizes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((left, right) => rankOf(left) - rankOf(right));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(name));
  return rank === -1 ? LONGEST.length : rank;
}
