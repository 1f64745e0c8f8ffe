import type { CleanupReport } from '../model/cleanup.ts';
import type { Clock } from '../model/clock.ts';

const ROUND_MS = 60 * 60 * 1000;

export interface PurgeRoundDesk {
  readonly clock: Clock;
  /** Of what lies in the trash for longer than the retention, as seen at `nowMs`. */
  purgeOldTrash(nowMs: number): Promise<CleanupReport>;
  log(level: 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>): void;
}

/**
 * Purges old trash once an hour, for those who asked for that (`VRP_PURGE_TRASH=on`). A clock that was set must not
 * make trash old: a round is left out when the wall clock went another way than time itself by more than an hour since
 * the one before, and in all rounds the date is at most what it was when the rounds began, and the time that has passed.
 */
export function startPurgeRounds(desk: PurgeRoundDesk): () => void {
  const { clock } = desk;
  const begun = { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  let seen = begun;
  const round = async () => {
    const now = { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    const jumpMs = Math.abs(now.nowMs - seen.nowMs - (now.monotonicMs - seen.monotonicMs));
    seen = now;
    if (jumpMs > ROUND_MS) {
      desk.log('warn', 'The clock was set: no trash is purged in this round.', { jumpMs });
      return;
    }
    const { done, failed } = await desk.purgeOldTrash(
      Math.min(now.nowMs, begun.nowMs + now.monotonicMs - begun.monotonicMs),
    );
    const count = done.reduce((sum, kind) => sum + kind.count, 0);
    if (count > 0)
      desk.log('info', `${count} recordings were purged from the trash by the clock.`, { failed });
  };
  const timer = setInterval(() => {
    round().catch((error: unknown) => desk.log('error', 'Old trash could not be purged.', { error }));
  }, ROUND_MS).unref();
  return () => clearInterval(timer);
}
