import { formatBytes, formatSpan } from '../model/format.ts';
import { barText, SETTLE_SECONDS } from './bar-text.ts';

/** A bar over the bytes of all files, on stderr. */
export interface ImportBar {
  update(bytesDone: number): void;
  countFile(count?: number): void;
  /** A line above the bar. */
  say(line: string): void;
  stop(): void;
}

export async function openImportBar(totalBytes: number, fileCount: number): Promise<ImportBar> {
  const { default: progress } = await import('cli-progress');
  const startMs = performance.now();
  let filesDone = 0;
  const bars = new progress.MultiBar({
    stream: process.stderr,
    format: (_options, { value }) =>
      progressLine({
        bytesDone: value,
        totalBytes,
        filesDone,
        fileCount,
        elapsedSeconds: (performance.now() - startMs) / 1000,
      }),
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    // The command stops it itself, after the running file came to its end.
    gracefulExit: false,
  });
  // A bar of length 0 would count as complete from the start.
  const bar = bars.create(Math.max(1, totalBytes), 0);
  return {
    update: (bytesDone) => bar.update(bytesDone),
    countFile: (count = 1) => {
      filesDone += count;
    },
    say: (line) => bars.log(`${line}\n`),
    stop: () => bars.stop(),
  };
}

/** `[#####---]  45 %  1.2 GB of 2.6 GB  312 MB/s  4 s left  3 of 12 files` */
export function progressLine(state: {
  readonly bytesDone: number;
  readonly totalBytes: number;
  readonly filesDone: number;
  readonly fileCount: number;
  readonly elapsedSeconds: number;
}): string {
  const { bytesDone, totalBytes, elapsedSeconds } = state;
  const share = totalBytes === 0 ? 1 : Math.min(1, bytesDone / totalBytes);
  const parts = [barText(share), `${formatBytes(bytesDone)} of ${formatBytes(totalBytes)}`];
  if (elapsedSeconds >= SETTLE_SECONDS && bytesDone > 0) {
    const bytesPerSecond = bytesDone / elapsedSeconds;
    parts.push(`${formatBytes(bytesPerSecond)}/s`);
    parts.push(`${formatSpan((totalBytes - bytesDone) / bytesPerSecond)} left`);
  }
  parts.push(`${state.filesDone} of ${state.fileCount} files`);
  return parts.join('  ');
}
