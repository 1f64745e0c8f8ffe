// Takes the pictures of the documents in a real browser: `npm run docs:screens`. With a folder (`-- FOLDER`) it takes
// every page there, wide and narrow, by day and by night.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { findChromium } from '../test/e2e/chromium.ts';
import { openStudio, type Studio } from '../test/e2e/studio.ts';

const everything = process.argv[2];
const folder = everything ?? fileURLToPath(new URL('../docs/images', import.meta.url));
/** What README shows. */
const SHOWN = ['record', 'recording'];
const found = await findChromium();
if (!found) throw new Error('There is no Chromium to take pictures with.');
mkdirSync(folder, { recursive: true });

const EARLIER = [
  { title: 'Interview with the harbour master', tags: ['harbour', 'oral history'], seconds: 9 },
  { title: 'Market hall, morning', tags: ['ambience'], seconds: 6 },
  { title: 'Phone call: city archive', tags: ['archive', 'call'], seconds: 7 },
];
const DESKTOP = { width: 1280, height: 800 };
const TO_THE_TOP = 'for (const part of document.querySelectorAll("*")) part.scrollTop = 0';
const PHONE = { width: 390, height: 844 };

const studio = await openStudio(found, 240);
try {
  const { page } = studio;
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await take(page, 'first-run');
  for (const earlier of EARLIER) await record(studio, earlier);
  await page.getByRole('link', { name: 'Record', exact: true }).click();
  await page.keyboard.press('r');
  await page
    .getByRole('textbox', { name: 'Title', exact: true })
    .fill('Interview with the lighthouse keeper');
  await page
    .getByRole('textbox', { name: 'Notes', exact: true })
    .fill('At the kitchen table. His daughter joins after ten minutes.');
  await page.getByRole('textbox', { name: 'Notes', exact: true }).blur();
  await page.waitForTimeout(14_000);
  await take(page, 'record');
  await page.keyboard.press('s');
  await page.getByRole('heading', { name: 'Saved' }).waitFor();
  await take(page, 'saved');
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.getByText('Market hall, morning').first().waitFor();
  await page.waitForTimeout(500);
  await take(page, 'library');
  await page.getByText('Interview with the harbour master').first().click();
  await page.waitForTimeout(2000);
  await take(page, 'recording');
  await page.getByRole('link', { name: 'Storage', exact: true }).click();
  await page.getByRole('region', { name: 'What could go' }).waitFor();
  await take(page, 'storage');
} finally {
  await studio.close();
}

async function record({ page }: Studio, wish: (typeof EARLIER)[number]): Promise<void> {
  await page.getByRole('link', { name: 'Record', exact: true }).click();
  await page.keyboard.press('r');
  await page.getByRole('textbox', { name: 'Title', exact: true }).fill(wish.title);
  const tags = page.getByRole('combobox', { name: 'Tags', exact: true });
  for (const tag of wish.tags) {
    await tags.fill(tag);
    await tags.press('Enter');
  }
  await tags.blur();
  await page.waitForTimeout(wish.seconds * 1000);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('heading', { name: 'Saved' }).waitFor();
}

/** The same moment wide and narrow, by day and by night. */
async function take(page: Page, name: string): Promise<void> {
  if (everything === undefined) {
    await page.evaluate(TO_THE_TOP);
    if (SHOWN.includes(name)) await page.screenshot({ path: join(folder, `${name}.png`) });
    return;
  }
  for (const [colorScheme, ending] of [
    ['light', ''],
    ['dark', '-dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(DESKTOP);
    await page.evaluate(TO_THE_TOP);
    await page.screenshot({ path: join(folder, `${name}${ending}.png`) });
    await page.setViewportSize(PHONE);
    await page.evaluate(TO_THE_TOP);
    await page.screenshot({ path: join(folder, `${name}-phone${ending}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(DESKTOP);
}
