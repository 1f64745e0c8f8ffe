import type { Page } from 'playwright-core';
import { PATIENCE_MS } from './chromium.ts';

const LOOK_EVERY_MS = 100;

/** The numbers of a take that a page shows. */
export type ShownNumber = 'captured' | 'safe';

/** One of the two numbers, as the page shows them. */
export async function shownSeconds(page: Page, which: ShownNumber): Promise<number> {
  const clock = await page.getByTestId(which).innerText();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Waits until the page itself says that so much is captured. */
export async function recordedFor(page: Page, wantedSeconds: number, timeoutMs = PATIENCE_MS): Promise<void> {
  await shownAtLeast(page, 'captured', wantedSeconds, timeoutMs);
}

/** Looks in the page: asking it ten times a second from outside would cost more than the take. */
export async function shownAtLeast(
  page: Page,
  which: ShownNumber,
  wantedSeconds: number,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  // The page forbids what Playwright's own waiting for a function needs: to evaluate text.
  const isShown = await page.evaluate<boolean>(`new Promise((resolve) => {
    const endsAtMs = performance.now() + ${timeoutMs};
    const look = () => {
      const clock = document.querySelector('[data-testid=${which}]')?.textContent ?? '';
      const seconds = clock === '' ? -1 : clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
      if (seconds >= ${wantedSeconds}) resolve(true);
      else if (performance.now() > endsAtMs) resolve(false);
      else setTimeout(look, ${LOOK_EVERY_MS});
    };
    look();
  })`);
  if (isShown) return;
  const shown = await page.getByRole('main').innerText();
  throw new Error(`The page never said that ${wantedSeconds} s are ${which}. It shows: ${shown}`);
}
