import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
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

describe.skipIf(!found)('the history of a recording (skipped without Chromium)', () => {
  it('says who changed what and takes it back; collections narrow the list', async () => {
    studio = await openStudio(found!, 1);
    const { page, server } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.goto(`${server.baseUrl}/library`);
    const buffers = [1, 2].map((seed) => wavBytes(voiceSamples(0.5, 16_000, seed), 16_000));
    await page
      .locator('input[type=file]')
      .setInputFiles(buffers.map((buffer, n) => ({ name: `Talk ${n}.wav`, mimeType: 'audio/wav', buffer })));
    await expect.poll(async () => (await studio!.recordings()).length).toBe(2);
    const recording = (await studio.recordings()).find(({ title }) => title === 'Talk 0')!;

    await page.goto(`${server.baseUrl}/library/${recording.id}`);
    const title = page.getByRole('textbox', { name: 'Title', exact: true });
    await title.fill('The miller');
    await title.press('Enter');
    const history = page.getByRole('region', { name: 'History' });
    await history.getByText('Title: “Talk 0” became “The miller”').waitFor();
    await expect.poll(() => history.innerText()).toContain('Owner');
    await page.getByRole('combobox', { name: 'Collections' }).fill('Village, old');
    await page.getByRole('combobox', { name: 'Collections' }).press('Enter');
    await history.getByText('Collections: added “Village, old”').waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    const facts = page.getByRole('region', { name: 'Facts' });
    await facts.getByRole('button', { name: 'Change the date of recording' }).click();
    const date = facts.getByLabel('Recorded');
    await page.locator('input[type=datetime-local]:focus').waitFor();
    await date.fill('1962-05-01T14:30');
    expect(await seriousFindings(page)).toEqual([]);
    await date.press('Enter');
    await facts.getByText('entered by a person').waitFor();
    await page.locator('[aria-label="Change the date of recording"]:focus').waitFor();
    await history.getByText(/^Recorded: .* became .*1962/).waitFor();
    await history.getByRole('button', { name: /^Undo: Recorded/ }).click();
    await facts.getByText('entered by a person').waitFor({ state: 'hidden' });

    const list = page.getByTestId('recording-list');
    const filter = page.getByRole('combobox', { name: 'Collection', exact: true });
    await filter.selectOption('Village, old');
    await expect.poll(() => list.getByRole('link').count()).toBe(1);
    await filter.selectOption('');
    await expect.poll(() => list.getByRole('link').count()).toBe(2);

    await history.getByRole('button', { name: 'Undo: Title' }).click();
    await expect.poll(() => title.inputValue()).toBe('Talk 0');
    await history.getByText('Took an earlier change back').first().waitFor();
    await expect
      .poll(() => studio!.recordings())
      .toContainEqual(
        expect.objectContaining({
          id: recording.id,
          title: 'Talk 0',
          collections: ['Village, old'],
        }),
      );

    // A take of two segments: its history is told once, and taken back in both.
    for (const segment of [0, 1]) await uploadSegment(page, segment);
    const [first] = (await studio.recordings()).filter(({ takeId }) => takeId === TAKE_ID);
    await page.goto(`${server.baseUrl}/library/${first!.id}`);
    await title.fill('The ferryman');
    await title.press('Enter');
    const titlesOfTake = async () =>
      (await studio!.recordings()).filter(({ takeId }) => takeId === TAKE_ID).map((one) => one.title);
    await expect.poll(titlesOfTake).toEqual(['The ferryman', 'The ferryman']);
    await history.getByRole('button', { name: 'Undo: Title' }).click();
    await expect.poll(titlesOfTake).toEqual(['Ferry', 'Ferry']);
  });
});

const TAKE_ID = '01a20710-0000-7000-8000-00000000000a';

/** As another recorder of the same person would send it. */
async function uploadSegment(page: Page, segment: number): Promise<void> {
  const bytes = wavBytes(voiceSamples(0.5, 16_000, 7 + segment), 16_000).toString('base64');
  const said = {
    kind: 'take',
    takeId: TAKE_ID,
    segment: String(segment),
    title: 'Ferry',
    filename: 'ferry.wav',
  };
  const metadata = Object.entries(said).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  );
  const status = await page.evaluate(`fetch('/api/uploads', {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '${Buffer.from(bytes, 'base64').length}',
      'upload-metadata': '${metadata.join(',')}',
      'content-type': 'application/offset+octet-stream',
    },
    body: Uint8Array.from(atob('${bytes}'), (character) => character.charCodeAt(0)),
  }).then((answer) => answer.status)`);
  expect(status).toBe(201);
}
