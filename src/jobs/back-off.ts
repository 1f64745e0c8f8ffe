const FIRST_CEILING_MS = 1_000;
const LAST_CEILING_MS = 10 * 60_000;
/** No job is put off for longer: one that seems to be was queued before the clock was set back. */
export const LONGEST_DELAY_MS = 60 * 60_000;

/**
 * Pause before the next attempt: anything up to a ceiling that doubles with each one ("full jitter"), so that jobs
 * that failed together do not come back together.
 */
export function backOffMs(attempts: number, random: () => number): number {
  const ceilingMs = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** Math.max(0, attempts - 1));
  return Math.round(random() * ceilingMs);
}
