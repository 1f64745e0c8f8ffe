import type { Page } from 'playwright-core';

/** By the button: on a page that was just opened a key may come before the page listens to keys. */
export async function pressRecord(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^(Record|Record again|Start recording)$/ })
    .first()
    .click();
}
