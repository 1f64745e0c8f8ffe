import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

const shared = {
  environment: 'node' as const,
  pool: 'forks' as const,
  // A machine with much else to do keeps everything waiting; what never comes fails all the same.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 120_000 } },
};

export default defineConfig({
  test: {
    globalSetup: ['./test/guard-machine.ts', './test/postgres-run.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Whole programs are started, killed and waited for.
        test: {
          ...shared,
          name: 'house',
          // One more than the cores of a small machine, for many wait; with a fourth, what must keep time no longer does.
          maxWorkers: 3,
          include: ['{test,src/cli}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', 'test/e2e/**'],
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
          exclude: ['**/node_modules/**', '**/dist/**', 'src/cli/**'],
        },
      },
      {
        // A browser and a server for each story: most of their time they wait for sound.
        test: {
          ...shared,
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
