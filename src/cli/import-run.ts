import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { ImportOptions } from '../voice-recorder.ts';
import type { ImportPlan } from './import-plan.ts';

/** Everything a run of imports needs from outside. */
export interface ImportDesk {
  readonly importFile: (path: string, options: ImportOptions) => Promise<ImportOutcome>;
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** Called with each outcome as it comes. */
  readonly onOutcome: (outcome: ImportOutcome, sizeBytes: number) => void;
  /** Bytes of all files that are dealt with so far. */
  readonly onProgress: (bytesDone: number) => void;
}

export interface ImportSummary {
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly storedBytes: number;
  /** Files that were not dealt with, because the person stopped the run or the store cannot be reached. */
  readonly leftOver: number;
}

// After these the next file would only fail in the same way.
const ENDS_THE_RUN: ReadonlySet<string> = new Set([
  'server-unreachable',
  'access-denied',
  'access-role',
  'store-not-writable',
  'catalogue-damaged',
]);

/** Imports every file of the plan, `atOnce` at a time, until all are done or `signal` asks to stop. */
export async function runImports(
  plan: ImportPlan,
  options: Pick<ImportOptions, 'title' | 'tags' | 'isMove' | 'isDryRun' | 'isReadBack'>,
  desk: ImportDesk,
): Promise<ImportSummary> {
  const count = { stored: 0, duplicate: 0, rejected: 0, storedBytes: 0, leftOver: 0 };
  const running = new Map<string, number>();
  let bytesDone = 0;
  let next = 0;
  let isEnded = false;

  const report = () =>
    desk.onProgress(bytesDone + [...running.values()].reduce((sum, bytes) => sum + bytes, 0));
  const settle = (outcome: ImportOutcome, sizeBytes: number) => {
    if (outcome.error?.code === 'interrupted') count.leftOver += 1;
    else count[outcome.status] += 1;
    if (outcome.status === 'stored') count.storedBytes += sizeBytes;
    if (outcome.error && ENDS_THE_RUN.has(outcome.error.code)) isEnded = true;
    desk.onOutcome(outcome, sizeBytes);
  };
  const lane = async () => {
    while (next < plan.files.length && !isEnded && !desk.signal.aborted) {
      const file = plan.files[next++];
      if (!file) return;
      const onProgress = (bytes: number) => {
        running.set(file.path, Math.min(bytes, file.sizeBytes));
        report();
      };
      const outcome = await desk
        .importFile(file.path, { ...options, signal: desk.signal, onProgress })
        .catch((error: unknown) => rejectionOf(file.path, error, desk.signal));
      running.delete(file.path);
      bytesDone += file.sizeBytes;
      settle(outcome, file.sizeBytes);
      report();
    }
  };

  for (const outcome of plan.rejected) settle(outcome, 0);
  await Promise.all(Array.from({ length: desk.atOnce }, lane));
  count.leftOver += plan.files.length - next;
  return count;
}

function rejectionOf(file: string, error: unknown, signal: AbortSignal): ImportOutcome {
  if (signal.aborted) {
    const message = `${file} was not imported: the import was stopped.`;
    return { file, status: 'rejected', error: { code: 'interrupted', message } };
  }
  if (!(error instanceof VoiceRecorderError)) throw error;
  return { file, status: 'rejected', error: { code: error.code, message: error.message } };
}
