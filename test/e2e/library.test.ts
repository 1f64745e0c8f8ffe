import { afterEach, describe, expect, it } from 'vitest';
import type { Recording } from '../../src/model/recording.ts';
import { voiceSamples, wavBytes } from '../voice-wav.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { keepToasts } from './keep-toasts.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe.skipIf(!found)('the library in the browser (skipped without Chromium)', () => {
  it('takes files in, finds them while typing, renames, plays, trashes and brings back', async () => {
    studio = await openStudio(found!, 1);
    const { page } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.goto(`${studio.server.baseUrl}/library`);
    await page.locator('input[type=file]').setInputFiles([
      audioFile('Harbour master 2019-05-04.wav', 1),
      audioFile('Market hall.wav', 2),
      {
        name: 'page.wav',
        mimeType: 'audio/wav',
        buffer: Buffer.from('<!doctype html><script>alert(1)</script>'),
      },
    ]);
    const imports = page.getByRole('region', { name: 'Imports' });
    await imports.getByText('3 of 3 done').waitFor();
    await expect.poll(() => titles(studio!)).toEqual(['Harbour master 2019-05-04', 'Market hall']);

    await page.getByRole('button', { name: 'Clear the list' }).click();
    const list = page.getByTestId('recording-list');
    await page.getByRole('combobox', { name: 'Order' }).selectOption('Title, Z to A');
    await expect.poll(() => list.getByRole('link').first().textContent()).toContain('Market hall');
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByRole('spinbutton', { name: 'At least, minutes' }).fill('5');
    await page.getByText('No recording matches.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect.poll(() => list.getByRole('link').count()).toBe(2);
    await page.getByRole('searchbox').fill('harbuor');
    await list.getByText('Nothing has “harbuor”. Showing results for “harbour”.').waitFor();
    await page.getByRole('searchbox').fill('harb');
    await expect.poll(() => list.getByRole('status').first().textContent()).not.toContain('harbuor');
    await expect.poll(() => list.locator('mark').allTextContents()).toEqual(['Harbour']);
    await list.getByRole('link', { name: /Harbour/ }).click();

    const title = page.getByRole('textbox', { name: 'Title', exact: true });
    await title.fill('The harbour master');
    await title.press('Enter');
    await expect.poll(() => titles(studio!)).toContain('The harbour master');

    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect
      .poll(() => page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuetext'))
      .not.toMatch(/^0:00 /);

    await keepToasts(page);
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await expect.poll(() => titles(studio!)).toEqual(['Market hall']);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect.poll(() => titles(studio!)).toContain('The harbour master');
  });

  it('takes in files that are dropped on any page', async () => {
    studio = await openStudio(found!, 1);
    const { page } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    const bytes = wavBytes(voiceSamples(2, 16_000, 9), 16_000).toString('base64');
    const dropped = await page.evaluateHandle(`(() => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(bytes)}), (character) => character.charCodeAt(0));
      const files = new DataTransfer();
      files.items.add(new File([bytes], 'Dropped.wav', { type: 'audio/wav', lastModified: Date.UTC(2020, 4, 4) }));
      return files;
    })()`);
    for (const type of ['dragenter', 'dragover', 'drop'])
      await page.dispatchEvent('main', type, { dataTransfer: dropped });
    await expect.poll(() => titles(studio!)).toEqual(['Dropped']);
    const [recording] = await studio.recordings();
    expect(recording).toMatchObject({
      recordedAt: '2020-05-04T00:00:00.000Z',
      recordedAtSource: 'file-date',
    });
  });

  it('has no serious finding of axe on any page, by day, by night and on a phone', async () => {
    studio = await openStudio(found!, 1);
    const { page, server } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    const findings: string[] = [];
    for (const path of ['/', '/library', '/trash', '/storage', '/health']) {
      await page.goto(`${server.baseUrl}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const viewport of [
          { width: 1280, height: 800 },
          { width: 390, height: 844 },
        ]) {
          await page.setViewportSize(viewport);
          findings.push(
            ...(await seriousFindings(page)).map(
              (finding) => `${path} ${colorScheme} ${viewport.width}: ${finding}`,
            ),
          );
        }
      }
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    findings.push(...(await seriousFindings(page)));
    expect(findings).toEqual([]);
  });
});

function audioFile(name: string, seed: number) {
  return { name, mimeType: 'audio/wav', buffer: wavBytes(voiceSamples(4, 16_000, seed), 16_000) };
}

async function titles({ api }: Studio): Promise<string[]> {
  const { items } = await api<{ items: Recording[] }>('/api/recordings');
  return items.map(({ title }) => title).sort();
}
