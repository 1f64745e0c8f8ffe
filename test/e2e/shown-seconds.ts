import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';

const LOOK_EVERY_MS = 100;

/** One of the two numbers, as the page shows them. */
export async function shownSeconds(page: Page, which: 'captured' | 'safe'): Promise<number> {
  const clock = await page.getByTestId(which).innerText();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Waits until the page itself says that so much is captured. */
export async function recordedFor(page: Page, wantedSeconds: number, timeoutMs = 30_000): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs;
  while ((await shownSeconds(page, 'captured')) < wantedSeconds) {
    if (performance.now() > endsAtMs) {
      const shown = await page.getByRole('main').innerText();
      throw new Error(`The page never said that ${wantedSeconds} s are captured. It shows: ${shown}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
