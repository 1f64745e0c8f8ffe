import { formatSpan } from '../model/format.ts';
import { barText, SETTLE_SECONDS } from './bar-text.ts';

/** A bar over the files of a store, on stderr. */
export interface FileBar {
  update(filesDone: number, fileCount: number): void;
  stop(): void;
}

/** `what`: what the files are counted as. */
export async function openFileBar(what = 'files'): Promise<FileBar> {
  const { default: progress } = await import('cli-progress');
  const startMs = performance.now();
  const bar = new progress.SingleBar({
    stream: process.stderr,
    format: (_options, { value, total }) =>
      fileLine(value, total, (performance.now() - startMs) / 1000, what),
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    gracefulExit: false,
  });
  bar.start(1, 0);
  return {
    update: (filesDone, fileCount) => {
      bar.setTotal(Math.max(1, fileCount));
      bar.update(filesDone);
    },
    stop: () => bar.stop(),
  };
}

/** `[#####---]  45 %  45,000 of 100,000 files  9,100/s  6 s left` */
export function fileLine(filesDone: number, fileCount: number, elapsedSeconds: number, what: string): string {
  const share = fileCount === 0 ? 1 : Math.min(1, filesDone / fileCount);
  const number = (value: number) => Math.round(value).toLocaleString('en-US');
  const parts = [barText(share), `${number(filesDone)} of ${number(fileCount)} ${what}`];
  if (elapsedSeconds >= SETTLE_SECONDS && filesDone > 0) {
    const filesPerSecond = filesDone / elapsedSeconds;
    parts.push(`${number(filesPerSecond)}/s`, `${formatSpan((fileCount - filesDone) / filesPerSecond)} left`);
  }
  return parts.join('  ');
}
