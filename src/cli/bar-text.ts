const BAR_COLUMNS = 24;
/** The first moments say nothing about a rate. */
export const SETTLE_SECONDS = 1;

/** `[###########-------------]  45 %`; `share` from 0 to 1. */
export function barText(share: number): string {
  const full = Math.round(share * BAR_COLUMNS);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_COLUMNS - full)}] ${percent} %`;
}
