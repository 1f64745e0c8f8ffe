import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** In the browser: its length is known at once, and playing goes on from the middle. */
export async function playsAndSeeks(page: Page, address: string, durationSeconds: number): Promise<void> {
  const result = await page.evaluate<{ duration: number; position: number }>(`(async () => {
    const audio = new Audio(${JSON.stringify(address)});
    await new Promise((resolve, reject) => {
      audio.onloadedmetadata = resolve;
      audio.onerror = () => reject(new Error('The browser cannot play it: ' + audio.error?.message));
    });
    audio.currentTime = ${durationSeconds / 2};
    await new Promise((resolve) => { audio.onseeked = resolve; });
    await audio.play();
    while (audio.currentTime < ${durationSeconds / 2 + 0.3}) await new Promise((resolve) => setTimeout(resolve, 50));
    audio.pause();
    return { duration: audio.duration, position: audio.currentTime };
  })()`);
  expect(Math.abs(result.duration - durationSeconds)).toBeLessThan(0.2);
  expect(result.position).toBeGreaterThan(durationSeconds / 2 + 0.2);
}
