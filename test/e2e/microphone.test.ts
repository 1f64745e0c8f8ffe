import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { decodePcm } from '../decode-pcm.ts';
import { chromiumArgs, findChromium } from './chromium.ts';
import { changeRate, likeness } from './hear.ts';
import { pressRecord } from './press-record.ts';
import { recordedFor, shownSeconds } from './shown-seconds.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();
const RATE_HZ = 48_000;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe.skipIf(!found)('the microphone (skipped without Chromium)', () => {
  it('that is denied is told with the way out; revoked in mid-take it costs nothing, and the take goes on', async () => {
    studio = await openStudio(found!, 60, { microphone: 'asked' });
    const { page } = studio;
    const answer = await permissions(studio);
    await answer('denied');
    await pressRecord(page);
    await page.getByText('does not let this page use the microphone').first().waitFor();
    await answer('granted');
    await page.keyboard.press('r');
    await recordedFor(page, 4);
    await answer('denied');
    await page.getByRole('main').getByText('The microphone is gone').first().waitFor();
    await answer('granted');
    const state = () =>
      page.evaluate("navigator.permissions.query({ name: 'microphone' }).then((it) => it.state)");
    await expect.poll(state).toBe('granted');
    // A microphone that is back goes on by itself; where the browser does not tell of it, a person does.
    const resume = page.getByRole('button', { name: 'Resume', exact: true });
    const goOn = async () => {
      // Gone again before the click, when the take went on by itself meanwhile.
      if (await resume.isVisible()) await resume.click({ timeout: 2_000 }).catch(() => undefined);
      return shownSeconds(page, 'captured');
    };
    await expect.poll(goOn, { interval: 1_000, timeout: 90_000 }).toBeGreaterThanOrEqual(8);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    await expect.poll(async () => (await studio!.recordings()).length).toBe(2);
    const [first, second] = await studio.recordings();
    expect(second).toMatchObject({ takeId: first!.takeId, segment: 1, gapBefore: { cause: 'device-lost' } });
    for (const part of [first!, second!]) expect((await studio.hear(part)).correlation).toBeGreaterThan(0.99);
    expect(first!.duration! + second!.duration!).toBeGreaterThan(7);
  });
});

describe.skipIf(!found)('a browser that gives no tracks to read (skipped without Chromium)', () => {
  it('records through its audio thread', async () => {
    studio = await openStudio(found!, 30);
    const { page } = studio;
    await page.addInitScript('delete globalThis.MediaStreamTrackProcessor');
    await page.reload();
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    expect(await page.evaluate("'MediaStreamTrackProcessor' in globalThis")).toBe(false);
    await pressRecord(page);
    await recordedFor(page, 5);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    const [recording, ...others] = await studio.recordings();
    expect(others).toEqual([]);
    const { durationSeconds } = await studio.hear(recording!);
    expect(durationSeconds).toBeGreaterThan(4.5);
    // On a busy machine Chromium itself repeats or drops hundredths of a second on this way: not everywhere.
    const { planes, sampleRateHz } = await decodePcm(join(studio.folders.dataDir, recording!.storedFilename));
    const heard = changeRate(planes[0]!, sampleRateHz, RATE_HZ);
    const alike: number[] = [];
    for (let at = 0; at + RATE_HZ <= heard.length; at += RATE_HZ)
      alike.push(likeness(heard.subarray(at, at + RATE_HZ), studio.played, RATE_HZ).correlation);
    console.log(
      `through the audio thread, second by second: ${alike.map((one) => one.toFixed(4)).join(' ')}`,
    );
    expect(Math.max(...alike)).toBeGreaterThan(0.9);
  });
});

describe.skipIf(!found)('a browser that cannot make Opus (skipped without Chromium)', () => {
  it('says so, and what FLAC costs, and records FLAC', async () => {
    studio = await openStudio(found!, 30);
    const { page } = studio;
    await page.addInitScript('delete globalThis.AudioEncoder');
    await page.reload();
    const note = page.getByText('cannot make Opus files: takes are recorded as FLAC');
    await note.waitFor();
    await pressRecord(page);
    await recordedFor(page, 3);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    await note.waitFor();
    // Voice, as it is encoded here: mono, and its price.
    const voice = page.locator('label', { has: page.getByRole('radio', { name: /^Voice/ }) });
    await expect.poll(() => voice.innerText()).toMatch(/FLAC, lossless, mono[\s\S]*about 31\d MB an hour/);
    const [recording, ...others] = await studio.recordings();
    expect(others).toEqual([]);
    expect(recording).toMatchObject({ codec: 'flac', channels: 1, preset: 'custom-flac-1', warnings: [] });
    const { correlation, durationSeconds } = await studio.hear(recording!);
    expect(durationSeconds).toBeGreaterThan(2.5);
    expect(correlation).toBeGreaterThan(0.99);
  });
});

describe.skipIf(!found)('a private window (skipped without Chromium)', () => {
  it('records and sends like any other, and says how little room there is', async () => {
    studio = await openStudio(found!, 1);
    const { context } = studio;
    const cookies = await context.cookies();
    const browser = await chromium.launch({ executablePath: found!.program, args: chromiumArgs(found!) });
    try {
      const window = await browser.newContext({ permissions: ['microphone'] });
      await window.addCookies(cookies);
      const page = await window.newPage();
      await page.goto(studio.server.baseUrl);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await pressRecord(page);
      await recordedFor(page, 4);
      await page.getByText(/in this browser \(.* used\)/).waitFor();
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
      const [recording, ...others] = await studio.recordings();
      expect(others).toEqual([]);
      expect(recording!.duration).toBeGreaterThan(3.5);
    } finally {
      await browser.close();
    }
  });
});

/** Says what the person, or a rule of the machine, thinks of the microphone from then on. */
async function permissions({ context, page }: Studio) {
  // Its word is forgotten when the session ends.
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  return (setting: 'granted' | 'denied') =>
    devtools.send('Browser.setPermission', { permission: { name: 'microphone' }, setting, origin });
}
