import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { decodePcm } from '../decode-pcm.ts';
import { run as killBrowser } from '../torture/browser-kill.ts';
import { findChromium } from './chromium.ts';
import { playsAndSeeks } from './plays-and-seeks.ts';
import { recordedFor } from './shown-seconds.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();
/** What Chromium's fake device has, whatever is asked. */
const DEVICE_RATE_HZ = 44_100;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe.skipIf(!found)('presets in the browser (skipped without Chromium)', () => {
  it('keep, as Archive, every number that the microphone gave, and remember the choice', async () => {
    studio = await openStudio(found!, 60, { sampleRateHz: DEVICE_RATE_HZ });
    const { page } = studio;
    await page.getByRole('button', { name: 'Start recording' }).click();
    await recordedFor(page, 1);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    // What is chosen is made ready at once: the first samples of a take wait for nothing.
    const encoder = page.waitForRequest(/flac-encoding/);
    await page.getByRole('radio', { name: /^Archive/ }).check();
    await encoder;
    await page.reload();
    await expect.poll(() => page.getByRole('radio', { name: /^Archive/ }).isChecked()).toBe(true);
    await page.getByText('The microphone is open').first().waitFor();
    await page.keyboard.press('r');
    await recordedFor(page, 4);
    await expect.poll(() => page.getByRole('radio').count()).toBe(1);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor();

    const [, recording] = await studio.recordings();
    expect(recording).toMatchObject({
      codec: 'flac',
      container: 'flac',
      sampleRateHz: DEVICE_RATE_HZ,
      bitDepth: 24,
      preset: 'archive',
      warnings: [],
    });
    const { pieces, durationSeconds } = await studio.hear(recording!);
    expect(recording!.duration).toBeCloseTo(durationSeconds, 3);
    const { planes } = await decodePcm(join(studio.folders.dataDir, recording!.storedFilename));
    for (const piece of pieces) {
      const start = piece.from + Math.round(piece.offsetSeconds * DEVICE_RATE_HZ);
      // As the microphone's file holds them: 16 bits.
      const different = planes[0]!
        .subarray(piece.from, piece.to)
        .findIndex((sample, i) => sample * 32_768 !== Math.round(studio!.played[start + i]! * 32_767));
      expect(different).toBe(-1);
    }
    const address = `/api/recordings/${recording!.id}/audio?rendition=playable`;
    await playsAndSeeks(page, address, durationSeconds);
  });

  it('lose no second that was shown as captured when the whole browser is killed', async () => {
    const report = await killBrowser({
      seed: 4,
      preset: 'archive',
      kills: 1,
      takeSeconds: 6,
      // How long the last moment is that was never shown depends on the machine.
      allowedLossSeconds: Number.POSITIVE_INFINITY,
    });
    expect(report.broken).toEqual([]);
    expect(report.kills.length).toBe(1);
  });
});
