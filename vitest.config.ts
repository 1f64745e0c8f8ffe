import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

const shared = {
  environment: 'node' as const,
  pool: 'forks' as const,
  // A machine with much else to do keeps everything waiting; what never comes fails all the same.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 120_000 } },
  // A message alone says what was found.
  chaiConfig: { truncateThreshold: 1000 },
};

const notHere = ['**/node_modules/**', '**/dist/**'];
/** A loss that a second try does not show is a loss all the same: what looks for losses has one try. */
const lossTests = ['test/torture/**/*.test.ts', 'test/{crashtest,durability,full-disk}.test.ts'];
/**
 * Whoever waits for other processes may be kept waiting by what else the machine does. `npm test` names what passed at
 * its second try only, and why it had failed.
 */
const SECOND_TRY = { retry: 1 };
// One more than the cores of a small machine, for many wait; with a fourth, what must keep time no longer does.
const PROGRAM_WORKERS = 3;

export default defineConfig({
  test: {
    globalSetup: ['./test/guard-machine.ts', './test/postgres-run.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Whole programs are started, killed and waited for.
        test: {
          ...shared,
          ...SECOND_TRY,
          name: 'house',
          maxWorkers: PROGRAM_WORKERS,
          include: ['{test,src/cli}/**/*.test.ts'],
          exclude: [...notHere, ...lossTests, 'test/e2e/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'losses',
          maxWorkers: PROGRAM_WORKERS,
          include: lossTests,
          exclude: notHere,
        },
      },
      {
        // Same settings as the web build: no plugin is needed to test what has no DOM.
        test: {
          ...shared,
          name: 'rooms',
          maxWorkers: 2,
          // Vitest wants projects with other numbers of workers one after the other.
          sequence: { groupOrder: 2 },
          include: ['{src,web,scripts}/**/*.test.{ts,tsx}'],
          exclude: [...notHere, 'src/cli/**'],
        },
      },
      {
        // A browser and a server for each story: most of their time they wait for sound.
        test: {
          ...shared,
          ...SECOND_TRY,
          name: 'e2e',
          globalSetup: ['./test/e2e/unpack-chromium.ts'],
          // A third browser would keep the others from hearing all of the sound.
          maxWorkers: 2,
          include: ['test/e2e/**/*.test.ts'],
          // What is asked is a browser or a server, which have better to do.
          expect: { poll: { timeout: 120_000, interval: 200 } },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
