import { afterEach, describe, expect, it } from 'vitest';
import type { Recording } from '../../src/model/recording.ts';
import { voiceSamples, wavBytes } from '../voice-wav.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe.skipIf(!found)('the condition of a recording (skipped without Chromium)', () => {
  it('says how it was accepted and what was remarked, reads it again, and repairs it', async () => {
    studio = await openStudio(found!, 1);
    const { page, server } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.goto(`${server.baseUrl}/library`);
    const buffer = wavBytes(voiceSamples(4, 16_000, 1), 16_000);
    // A recorder that was switched off: the sizes were never written.
    buffer.writeUInt32LE(0, 4);
    buffer.writeUInt32LE(0, 40);
    await page
      .locator('input[type=file]')
      .setInputFiles([{ name: 'Harbour.wav', mimeType: 'audio/wav', buffer }]);
    await expect.poll(async () => (await studio!.recordings()).length).toBe(1);
    const [original] = await studio.recordings();

    await page.goto(`${server.baseUrl}/library/${original!.id}`);
    const condition = page.getByRole('region', { name: 'Condition' });
    await condition.getByText('size-header-wrong').waitFor();
    for (const said of ['SHA-256 was made of every byte', original!.warnings[0]!.message, 'not read again'])
      await expect.poll(() => condition.innerText()).toContain(said);
    expect(await seriousFindings(page)).toEqual([]);

    await condition.getByRole('button', { name: 'Check now' }).click();
    await condition.getByText('Every byte is as it was received.').waitFor();
    await condition.getByText(/^Read again on/).waitFor();
    await condition.getByRole('button', { name: 'Repair' }).click();
    await condition.getByRole('link', { name: 'Open the repaired one' }).click();
    await page.getByRole('textbox', { name: 'Title' }).waitFor();
    await condition.getByText('Nothing about it was remarked.').waitFor();
    const repaired = (await studio.recordings()).find(({ id }) => id !== original!.id) as Recording;
    expect(repaired).toMatchObject({ parentId: original!.id, warnings: [] });
    await expect.poll(() => page.url()).toContain(repaired.id);
    await expect.poll(() => condition.getByRole('button', { name: 'Repair' }).count()).toBe(0);
  });
});
