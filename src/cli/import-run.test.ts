import { describe, expect, it } from 'vitest';
import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { ImportOptions } from '../voice-recorder.ts';
import { progressLine } from './import-bar.ts';
import { runImports } from './import-run.ts';

const files = Array.from({ length: 6 }, (_, i) => ({ path: `${i}.wav`, sizeBytes: 100 }));
const plan = { files, totalBytes: 600, rejected: [] };
const stored = (file: string): ImportOutcome => ({ file, status: 'stored', id: file });

async function runWith(
  importFile: (path: string, options: ImportOptions) => Promise<ImportOutcome>,
  signal = new AbortController().signal,
) {
  const outcomes: ImportOutcome[] = [];
  const progress: number[] = [];
  const summary = await runImports(
    plan,
    {},
    {
      importFile,
      atOnce: 2,
      signal,
      onOutcome: (outcome) => outcomes.push(outcome),
      onProgress: (bytesDone) => progress.push(bytesDone),
    },
  );
  return { summary, outcomes, progress };
}

describe('runImports', () => {
  it('imports every file, two at a time, and counts bytes that only grow', async () => {
    let running = 0;
    let most = 0;
    const { summary, progress } = await runWith(async (path, { onProgress }) => {
      most = Math.max(most, ++running);
      onProgress?.(40);
      await new Promise((resolve) => setTimeout(resolve, 5));
      onProgress?.(90);
      running -= 1;
      return stored(path);
    });
    expect(most).toBe(2);
    expect(summary).toMatchObject({ stored: 6, storedBytes: 600, leftOver: 0 });
    expect(progress.at(-1)).toBe(600);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it('goes on after a file that was refused', async () => {
    const { summary, outcomes } = await runWith(async (path) => {
      if (path === '2.wav') throw new VoiceRecorderError('not-audio-content', 'That is no audio.');
      return stored(path);
    });
    expect(summary).toMatchObject({ stored: 5, rejected: 1, leftOver: 0 });
    expect(outcomes.find(({ file }) => file === '2.wav')?.error?.code).toBe('not-audio-content');
  });

  it('begins no further file once it is asked to stop', async () => {
    const controller = new AbortController();
    const { summary } = await runWith(async (path) => {
      if (path === '1.wav') controller.abort('SIGINT');
      return stored(path);
    }, controller.signal);
    expect(summary.stored).toBe(2);
    expect(summary.leftOver).toBe(4);
  });

  it('does not try every further file when the server is gone', async () => {
    let calls = 0;
    const { summary } = await runWith(async () => {
      calls += 1;
      throw new VoiceRecorderError('server-unreachable', 'Nobody answers.');
    });
    expect(calls).toBe(2);
    expect(summary).toMatchObject({ rejected: 2, leftOver: 4 });
  });

  it('passes on what is a fault of the program', async () => {
    await expect(runWith(async () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });
});

describe('progressLine', () => {
  it('says share, bytes, rate, time left and files', () => {
    const state = { bytesDone: 250e6, totalBytes: 1e9, filesDone: 3, fileCount: 12, elapsedSeconds: 10 };
    expect(progressLine(state)).toBe(
      '[######------------------]  25 %  250 MB of 1.0 GB  25 MB/s  30 s left  3 of 12 files',
    );
  });

  it('says no rate before there is one, and 100 % only at the end', () => {
    const state = { bytesDone: 999, totalBytes: 1000, filesDone: 0, fileCount: 1, elapsedSeconds: 0.1 };
    expect(progressLine(state)).toContain('99 %  999 B of 1.0 kB  0 of 1 files');
  });
});
