import type { Page } from 'playwright-core';

/** On a page that is open already: a machine may stand still for longer than a toast and its button are shown. */
export async function keepToasts(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (run, ms, ...rest) => setTimeout(run, ms === 8_000 ? 600_000 : ms, ...rest);
  })()`);
}
