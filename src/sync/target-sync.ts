import type { DueCopy } from '../catalogue/copy-ledger.ts';
import type { VerifiedCopy } from '../catalogue/copy-report.ts';
import type { Clock } from '../model/clock.ts';
import type { CopyFault, CopyProgress, CopyStateName } from '../model/copy.ts';
import { type FailureCode, failureCodeOf, VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import { mismatch, type SendDesk, sendCopy } from './send-copy.ts';

export interface TargetSyncDesk extends SendDesk {
  readonly clock: Clock;
  /** Rejects when something else lies at the target than what was there when it was added. */
  expectMarker(): Promise<void>;
  /** Verified copies that nobody read since `before`, the longest ago first. */
  oldest(before: string, limit: number): Promise<readonly VerifiedCopy[]>;
  onProgress(progress: CopyProgress): void;
}

export interface RoundOptions {
  /** Only these, due or not; all that is due when not given. */
  readonly ids?: readonly RecordingId[];
  readonly signal?: AbortSignal | undefined;
}

/** What a round came to. */
export interface Round {
  readonly verified: number;
  readonly failed: number;
  /** Why it ended before its time: the target as a whole. */
  readonly fault: CopyFault | null;
}

const FILES_AT_ONCE = 4;
const RECHECKED_AT_ONCE = 20;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;
/** What no other recording would fare better with. */
const OF_THE_TARGET: ReadonlySet<FailureCode> = new Set([
  'target-unreachable',
  'target-busy',
  'target-missing',
  'target-marker-missing',
  'target-of-other-store',
  'target-login-refused',
  'target-clock-skewed',
  'target-full',
  'target-forbidden',
  // The program ends.
  'interrupted',
]);
/** What a further try does not change. */
const FOR_A_PERSON: ReadonlySet<FailureCode> = new Set(['copy-conflict', 'digest-mismatch', 'blob-missing']);

/** Sends everything that is due at one target, a few recordings at a time, until nothing is. */
export class TargetSync {
  readonly #desk: TargetSyncDesk;

  constructor(desk: TargetSyncDesk) {
    this.#desk = desk;
  }

  /** Never rejects for what becomes of a copy or of the target: the ledger and the answer say it. */
  async round({ ids, signal }: RoundOptions = {}): Promise<Round> {
    const underWay = new Map<RecordingId, Promise<void>>();
    const seen = new Set<RecordingId>();
    let verified = 0;
    let failed = 0;
    let fault: CopyFault | null = null;
    try {
      await this.#desk.expectMarker();
    } catch (error) {
      return { verified, failed, fault: faultOf(error) };
    }
    for (;;) {
      while (underWay.size > 0 && (underWay.size >= FILES_AT_ONCE || fault !== null || signal?.aborted))
        await Promise.race(underWay.values());
      if (fault !== null || signal?.aborted) return { verified, failed, fault };
      const except = ids === undefined ? [...underWay.keys()] : [...seen];
      const due = await this.#desk.ledger.due(this.#desk.target, FILES_AT_ONCE - underWay.size, {
        ...(ids && { ids }),
        except,
      });
      if (due.length === 0 && underWay.size === 0) return { verified, failed, fault };
      if (due.length === 0) await Promise.race(underWay.values());
      for (const copy of due) {
        seen.add(copy.recordingId);
        const sending = this.#one(copy, signal).then((found) => {
          underWay.delete(copy.recordingId);
          if (found === 'verified') verified += 1;
          else if (found.isOfTarget) fault = found.fault;
          else failed += 1;
        });
        underWay.set(copy.recordingId, sending);
        // The ledger itself failed: heard by whoever waits next.
        sending.catch(() => undefined);
      }
    }
  }

  /**
   * Reads verified copies again that nobody read since `before` (ISO 8601 UTC), the longest ago first. One that is not
   * right any more is owed anew. Resolves to what ended it before its time.
   */
  async recheck(before: string, signal: AbortSignal | undefined): Promise<CopyFault | null> {
    const { far, ledger, oldest, target } = this.#desk;
    for (;;) {
      const copies = await oldest(before, RECHECKED_AT_ONCE);
      if (copies.length === 0 || signal?.aborted) return null;
      for (const { recordingId: id, storedFilename: key, checksum } of copies) {
        if (signal?.aborted) return null;
        try {
          if ((await far.digest(key)).checksum !== checksum) throw mismatch(key, checksum);
          await ledger.reverified(target, id);
        } catch (error) {
          const code = failureCodeOf(error);
          const fault = faultOf(error);
          if (code !== 'copy-mismatch' && code !== 'copy-missing') return fault;
          await ledger.fail(target, id, 0, { state: 'failed', fault, nextTryMs: this.#desk.clock.nowMs() });
        }
      }
    }
  }

  async #one(copy: DueCopy, signal: AbortSignal | undefined): Promise<'verified' | Failing> {
    const { clock, ledger, target } = this.#desk;
    const { recordingId } = copy;
    const attempts = copy.attempts + 1;
    const tell = (state: CopyStateName, bytesDone: number, error: CopyFault | null = null) =>
      this.#desk.onProgress({
        recordingId,
        target: target.name,
        state,
        bytesDone,
        sizeBytes: copy.sizeBytes,
        attempts,
        error,
      });
    try {
      await sendCopy(this.#desk, copy, tell);
      tell('verified', copy.sizeBytes);
      return 'verified';
    } catch (error) {
      const code = failureCodeOf(error);
      const fault = faultOf(error);
      if (signal?.aborted || code === 'recording-unknown') return { fault, isOfTarget: false };
      if (code !== undefined && OF_THE_TARGET.has(code)) {
        await ledger.postpone(target, copy);
        return { fault, isOfTarget: true };
      }
      const state = code === 'copy-conflict' ? 'conflict' : 'failed';
      const isHopeless = code !== undefined && FOR_A_PERSON.has(code);
      await ledger.fail(target, recordingId, attempts, {
        state,
        fault,
        nextTryMs: isHopeless ? null : clock.nowMs() + pauseMs(attempts),
      });
      tell(state, 0, fault);
      return { fault, isOfTarget: false };
    }
  }
}

interface Failing {
  readonly fault: CopyFault;
  readonly isOfTarget: boolean;
}

/** Full jitter: at any moment up to a bound that doubles with each try. */
export function pauseMs(attempts: number): number {
  return Math.round(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)));
}

export function faultOf(error: unknown): CopyFault {
  if (error instanceof VoiceRecorderError) return { code: error.code, message: error.message };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
