import { failureCodeOf } from '../model/failure.ts';
import type { FixityCheck, VerificationResult } from '../model/verification.ts';
import type { CareDoor } from './care-door.ts';
import type { VerifyPlan } from './verify-plan.ts';

// Many more than there are reading threads: while some are read, others are entered, with one sync for all that wait.
const LANES = 32;

export interface VerifyRunDesk {
  readonly care: CareDoor;
  readonly signal: AbortSignal;
  /** Each check as it comes. */
  readonly onCheck: (check: FixityCheck) => void;
  readonly onProgress: (bytesDone: number) => void;
}

export interface VerifySummary {
  readonly counts: Readonly<Record<VerificationResult, number>>;
  readonly checkedBytes: number;
  /** Not checked, because the person stopped the run. */
  readonly leftOver: number;
}

/** Checks everything in the plan. Rejects when going on makes no sense; what was checked until then is entered. */
export async function runVerification(plan: VerifyPlan, desk: VerifyRunDesk): Promise<VerifySummary> {
  const counts: Record<VerificationResult, number> = { ok: 0, damaged: 0, missing: 0, unreadable: 0 };
  const running = new Map<string, number>();
  let checkedBytes = 0;
  let goneCount = 0;
  let next = 0;
  let failure: unknown;
  const report = () =>
    desk.onProgress(checkedBytes + [...running.values()].reduce((sum, bytes) => sum + bytes, 0));
  const lane = async () => {
    while (next < plan.items.length && !desk.signal.aborted && failure === undefined) {
      const item = plan.items[next++];
      if (!item) return;
      const onProgress = (bytes: number) => {
        running.set(item.id, Math.min(bytes, item.sizeBytes));
        report();
      };
      try {
        const check = await desk.care.verify(item.id, { signal: desk.signal, onProgress });
        counts[check.result] += 1;
        checkedBytes += item.sizeBytes;
        desk.onCheck(check);
      } catch (error) {
        if (desk.signal.aborted) return;
        // Removed for good since the plan was made.
        if (failureCodeOf(error) === 'recording-unknown') goneCount += 1;
        else failure ??= error;
      } finally {
        running.delete(item.id);
        report();
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (failure !== undefined) throw failure;
  const checkedCount = counts.ok + counts.damaged + counts.missing + counts.unreadable;
  return { counts, checkedBytes, leftOver: plan.items.length - checkedCount - goneCount };
}
