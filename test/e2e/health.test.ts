import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();
const SETTINGS = {
  VRP_HEALTH_SECONDS: '1',
  VRP_PATROL_MB_PER_SECOND: '10',
  VRP_ALERT_RULES: JSON.stringify([{ check: 'store-marker', afterSeconds: 0, clearAfterSeconds: 0 }]),
};

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe.skipIf(!found)('the health page (skipped without Chromium)', () => {
  it('says at once what is not well, what to do, and that it is over; an alert is seen to and silenced', async () => {
    studio = await openStudio(found!, 1, { settings: SETTINGS });
    const { page, server, folders } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.getByRole('link', { name: 'Health' }).click();
    await page.getByRole('heading', { name: 'Health', level: 1 }).waitFor();
    await page.getByText('checks found nothing').click();
    await page.getByText('The store is the one that was opened.').waitFor();

    const marker = join(folders.dataDir, 'vrp-store.json');
    await rename(marker, `${marker}-away`);
    // Nobody presses anything: the server tells the page.
    await page.getByText('Recordings are refused or in danger').waitFor();
    const unwell = page.getByRole('region', { name: 'Not well' });
    await unwell.getByText('store-marker').waitFor();
    expect(await unwell.innerText()).toContain('mount it again');
    const alerts = page.getByRole('region', { name: 'Alerts' });
    const link = page.getByRole('link', { name: 'Health' });
    expect(await link.textContent()).toMatch(/1 alert$/);
    await alerts.getByRole('button', { name: 'I see to it: store-marker' }).click();
    await link.getByText('1 alert').waitFor({ state: 'detached' });
    await alerts.getByText('owner sees to it').waitFor();
    await alerts.getByRole('button', { name: 'Silence for an hour: store-marker' }).click();
    await alerts.getByText('silenced').waitFor();
    await looksWell(page, 'health');

    await rename(`${marker}-away`, marker);
    await page.getByText('Recordings are refused or in danger').waitFor({ state: 'hidden' });
    await alerts.getByText(/ended/).waitFor();
    expect((await fetch(`${server.baseUrl}/api/health/ready`)).status).toBe(200);
  });

  it('draws how the server was doing, and says it in words', async () => {
    studio = await openStudio(found!, 1, { settings: SETTINGS });
    const { page } = studio;
    await page.getByRole('link', { name: 'Health' }).click();
    await page.getByRole('img', { name: /^The last 24 hours\. Recordings that came in: 0 now/ }).waitFor();
    await page.getByRole('img', { name: /free now$/ }).waitFor();
    await looksWell(page, 'overview');
    await page.getByRole('link', { name: 'Performance' }).click();
    await page.getByRole('heading', { name: 'Performance', level: 1 }).waitFor();
    const memory = page.getByRole('img', { name: /^Memory\. Memory: \d+ MB now/ });
    await memory.waitFor();
    // Somebody drew something on it.
    const hasInk = await page.evaluate(`(() => {
      const canvas = document.querySelector('[aria-label^="Memory. "] canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    })()`);
    expect(hasInk).toBe(true);
    await page.getByLabel('Show the last').selectOption('24');
    await page.getByRole('img', { name: /^Requests\. Answered: .*\/s now/ }).waitFor();
    await looksWell(page, 'performance');
  });
});

/** Whoever cannot see or use a mouse finds nothing in the way, in light and dark, on a desk and on a phone. */
async function looksWell(page: Studio['page'], name: string): Promise<void> {
  const findings: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const viewport of [
      { width: 1280, height: 900 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(viewport);
      findings.push(...(await seriousFindings(page)));
      const folder = process.env['VRP_SCREENSHOTS'];
      if (folder)
        await page.screenshot({
          path: `${folder}/${name}-${colorScheme}-${viewport.width}.png`,
          fullPage: true,
        });
    }
  }
  expect(findings).toEqual([]);
}
