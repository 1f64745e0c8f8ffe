import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Recording } from '../../src/model/recording.ts';
import type { Take } from '../../src/model/take.ts';
import { decodePcm } from '../decode-pcm.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { keepToasts } from './keep-toasts.ts';
import { playsAndSeeks } from './plays-and-seeks.ts';
import { pressRecord } from './press-record.ts';
import { recordedFor, type ShownNumber, shownAtLeast, shownSeconds } from './shown-seconds.ts';
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

describe.skipIf(!found)('a take in the browser (skipped without Chromium)', () => {
  it('is captured, safe, in the library, whole to the sample, plays and seeks', async () => {
    const { page, ...rest } = await begin(40);
    await pressRecord(page);
    await recordedFor(page, 2);
    expect(await seriousFindings(page)).toEqual([]);
    await recordedFor(page, 12);
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
    expect(heard.durationSeconds).toBeGreaterThan(11.5);
    tell('a calm take', [heard]);
    const address = `/api/recordings/${recording!.id}/audio?rendition=playable`;
    await playsAndSeeks(page, address, heard.durationSeconds);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('goes on through two killed servers and a reloaded tab, and nothing acknowledged is missing', async () => {
    const { page, ...rest } = await begin(60);
    await pressRecord(page);
    await recordedFor(page, 5);
    const safeAtKill = await shownSeconds(page, 'safe');
    await rest.killServer(500);
    await growsBy(3, page, 'safe');
    const capturedAtReload = await shownSeconds(page, 'captured');
    const reloadedMs = performance.now();
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('Recording', { exact: true }).first().waitFor();
    await growsBy(3, page, 'captured');
    await studio!.killServer(500);
    await growsBy(3, page, 'safe');
    await page.keyboard.press('s');
    await saved(page);
    const sinceReloadSeconds = (performance.now() - reloadedMs) / 1000;
    const recordings = await rest.recordings();
    expect(recordings.map((recording) => recording.segment)).toEqual([0, 1]);
    expect(new Set(recordings.map((recording) => recording.takeId)).size).toBe(1);
    expect(recordings.map((recording) => recording.gapBefore?.cause)).toEqual([undefined, 'reload']);
    const missingSeconds = recordings[1]?.gapBefore?.durationSeconds ?? -1;
    expect(missingSeconds).toBeGreaterThan(0);
    expect(missingSeconds).toBeLessThan(sinceReloadSeconds);
    const heard = await Promise.all(recordings.map((recording) => rest.hear(recording)));
    for (const segment of heard) expect(segment.correlation).toBeGreaterThan(0.99);
    tell('two killed servers and a reload', heard);
    expect(heard[0]!.durationSeconds).toBeGreaterThanOrEqual(Math.max(safeAtKill, capturedAtReload - 1));

    await page.goto(`${studio!.server.baseUrl}/library`);
    const rows = page.getByTestId('recording-list').getByRole('link');
    await expect.poll(() => rows.count()).toBe(1);
    await expect.poll(() => rows.first().innerText()).toContain('2 parts');
    await rows.first().click();
    await page.getByRole('heading', { name: 'Parts' }).waitFor();
    await page.getByRole('button', { name: /Page was loaded again/ }).waitFor();
    await page.getByRole('link', { name: 'Download original of part 2' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    const position = page.getByRole('slider', { name: 'Position' });
    await expect.poll(() => position.getAttribute('aria-valuetext')).not.toMatch(/^0:00 /);
    const take = await rest.api<Take>(`/api/takes/${recordings[0]!.takeId}`);
    expect(take).toMatchObject({ isComplete: true, hasExactPositions: true, missingSegments: [] });
    await joinedHoldsEverySample(take, recordings);
    await playsAndSeeks(page, `/api/takes/${take.takeId}/audio?rendition=playable`, take.duration!);

    await keepToasts(page);
    await page.getByRole('button', { name: 'Move all parts to trash' }).click();
    await expect.poll(async () => (await rest.recordings()).length).toBe(0);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect.poll(async () => (await rest.recordings()).length).toBe(2);
  });

  it('goes on while the network is gone for six seconds and is whole afterwards', async () => {
    const { page, context, ...rest } = await begin(40);
    await pressRecord(page);
    await recordedFor(page, 3);
    await context.setOffline(true);
    // What was on its way may still have arrived.
    await expect
      .poll(async () => (await shownSeconds(page, 'captured')) - (await shownSeconds(page, 'safe')))
      .toBeGreaterThan(5);
    const captured = await shownSeconds(page, 'captured');
    await context.setOffline(false);
    await shownAtLeast(page, 'safe', captured + 1);
    await page.keyboard.press('s');
    await saved(page);
    const [recording, ...others] = await rest.recordings();
    expect(others).toEqual([]);
    const heard = await rest.hear(recording!);
    expect(heard.correlation).toBeGreaterThan(0.99);
    tell('six seconds without network', [heard]);
    expect(heard.durationSeconds).toBeGreaterThan(captured);
  });
});

async function begin(playSeconds: number): Promise<Studio> {
  studio = await openStudio(found!, playSeconds);
  await studio.page.getByRole('heading', { level: 1 }).first().waitFor();
  return studio;
}

function tell(story: string, heard: readonly Awaited<ReturnType<Studio['hear']>>[]): void {
  const parts = heard.map(
    ({ durationSeconds, correlation }) => `${durationSeconds.toFixed(2)} s at ${correlation.toFixed(4)}`,
  );
  console.log(`${story}: ${parts.join(', ')} (length and correlation of each segment)`);
}

async function growsBy(seconds: number, page: Page, which: ShownNumber): Promise<void> {
  await shownAtLeast(page, which, (await shownSeconds(page, which)) + seconds);
}

async function saved(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Saved' }).waitFor();
}

/** The joined audio of the take, decoded, is the decoded audio of each segment from where it begins. */
async function joinedHoldsEverySample(take: Take, segments: readonly Recording[]): Promise<void> {
  const { page, server, folders } = studio!;
  const answer = await page.request.get(`${server.baseUrl}/api/takes/${take.takeId}/audio`);
  const path = join(folders.dataDir, 'joined-take.opus');
  await writeFile(path, await answer.body());
  const joined = await decodePcm(path);
  for (const [index, { storedFilename }] of segments.entries()) {
    const own = await decodePcm(join(folders.dataDir, storedFilename));
    const start = Math.round(take.startsSeconds[index]! * joined.sampleRateHz);
    const ownSamples = own.planes[0]!;
    const part = joined.planes[0]!.subarray(start, start + ownSamples.length);
    expect(Buffer.from(part.slice().buffer).equals(Buffer.from(ownSamples.slice().buffer))).toBe(true);
  }
}
