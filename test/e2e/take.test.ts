import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();
const isRequired = process.env['VRP_REQUIRE_E2E'] === '1';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

if (!found && isRequired) {
  it('has a Chromium, because VRP_REQUIRE_E2E asks for one', () => {
    throw new Error('There is no Chromium: neither on PATH nor the one that comes as a package.');
  });
}

describe.skipIf(!found)('a take in the browser (skipped without Chromium)', { timeout: 120_000 }, () => {
  it('is captured, safe, in the library, whole to the sample, plays and seeks', async () => {
    const { page, ...rest } = await begin(40);
    await page.keyboard.press('r');
    await recordedFor(page, 2);
    expect(await seriousFindings(page)).toEqual([]);
    await recordedFor(page, 20);
    await page.keyboard.press('s');
    await saved(page);
    const [recording, ...others] = await rest.recordings();
    expect(others).toEqual([]);
    expect(recording).toMatchObject({
      kind: 'take',
      status: 'active',
      codec: 'opus',
      container: 'ogg',
      channels: 1,
      segment: 0,
    });
    const heard = await rest.hear(recording!);
    expect(heard.correlation).toBeGreaterThan(0.99);
    expect(heard.durationSeconds).toBeGreaterThan(19.5);
    tell('a calm take', [heard]);
    await playsAndSeeks(page, recording!.id, heard.durationSeconds);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('goes on through two killed servers and a reloaded tab, and nothing acknowledged is missing', async () => {
    const { page, ...rest } = await begin(60);
    await page.keyboard.press('r');
    await recordedFor(page, 5);
    const safeAtKill = await seconds(page, 'safe');
    await rest.killServer(500);
    await page.waitForTimeout(3000);
    const capturedAtReload = await seconds(page, 'captured');
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('Recording', { exact: true }).first().waitFor();
    await page.waitForTimeout(4000);
    await studio!.killServer(500);
    await page.waitForTimeout(6000);
    await page.keyboard.press('s');
    await saved(page);
    const recordings = await rest.recordings();
    expect(recordings.map((recording) => recording.segment)).toEqual([0, 1]);
    expect(new Set(recordings.map((recording) => recording.takeId)).size).toBe(1);
    expect(recordings.map((recording) => recording.gapBefore?.cause)).toEqual([undefined, 'reload']);
    const missingSeconds = recordings[1]?.gapBefore?.durationSeconds ?? -1;
    expect(missingSeconds).toBeGreaterThan(0);
    expect(missingSeconds).toBeLessThan(30);
    const heard = await Promise.all(recordings.map((recording) => rest.hear(recording)));
    for (const segment of heard) expect(segment.correlation).toBeGreaterThan(0.99);
    tell('two killed servers and a reload', heard);
    expect(heard[0]!.durationSeconds).toBeGreaterThanOrEqual(Math.max(safeAtKill, capturedAtReload - 1));
  });

  it('goes on while the network is gone for six seconds and is whole afterwards', async () => {
    const { page, context, ...rest } = await begin(40);
    await page.keyboard.press('r');
    await recordedFor(page, 3);
    await context.setOffline(true);
    await page.waitForTimeout(6000);
    const [captured, safe] = [await seconds(page, 'captured'), await seconds(page, 'safe')];
    expect(captured).toBeGreaterThan(safe + 3);
    await context.setOffline(false);
    await page.waitForTimeout(3000);
    await page.keyboard.press('s');
    await saved(page);
    const [recording, ...others] = await rest.recordings();
    expect(others).toEqual([]);
    const heard = await rest.hear(recording!);
    expect(heard.correlation).toBeGreaterThan(0.99);
    tell('six seconds without network', [heard]);
    expect(heard.durationSeconds).toBeGreaterThan(11);
  });
});

async function begin(playSeconds: number): Promise<Studio> {
  studio = await openStudio(found!, playSeconds);
  await studio.page.getByRole('heading', { level: 1 }).first().waitFor();
  return studio;
}

/** Waits until the page itself says that so much is captured. */
async function recordedFor(page: Page, wanted: number): Promise<void> {
  await expect
    .poll(() => seconds(page, 'captured'), { timeout: 30_000, interval: 100 })
    .toBeGreaterThanOrEqual(wanted);
}

/** One of the two numbers, as the page shows them. */
async function seconds(page: Page, which: 'captured' | 'safe'): Promise<number> {
  const clock = await page.getByTestId(which).innerText({ timeout: 5000 });
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

function tell(story: string, heard: readonly Awaited<ReturnType<Studio['hear']>>[]): void {
  const parts = heard.map(
    ({ durationSeconds, correlation }) => `${durationSeconds.toFixed(2)} s at ${correlation.toFixed(4)}`,
  );
  console.log(`${story}: ${parts.join(', ')} (length and correlation of each segment)`);
}

async function saved(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Saved' }).waitFor({ timeout: 60_000 });
}

async function playsAndSeeks(page: Page, id: string, durationSeconds: number): Promise<void> {
  const address = `/api/recordings/${id}/audio?rendition=playable`;
  const result = await page.evaluate<{ duration: number; position: number }>(`(async () => {
    const audio = new Audio(${JSON.stringify(address)});
    await new Promise((resolve, reject) => {
      audio.onloadedmetadata = resolve;
      audio.onerror = () => reject(new Error('The browser cannot play it: ' + audio.error?.message));
    });
    audio.currentTime = ${durationSeconds / 2};
    await new Promise((resolve) => { audio.onseeked = resolve; });
    await audio.play();
    await new Promise((resolve) => setTimeout(resolve, 700));
    audio.pause();
    return { duration: audio.duration, position: audio.currentTime };
  })()`);
  expect(Math.abs(result.duration - durationSeconds)).toBeLessThan(0.2);
  expect(result.position).toBeGreaterThan(durationSeconds / 2 + 0.2);
}
