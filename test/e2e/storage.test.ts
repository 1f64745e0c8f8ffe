import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Recommendation } from '../../src/model/cleanup.ts';
import type { JobCounts } from '../../src/model/job.ts';
import { voiceSamples, wavBytes } from '../voice-wav.ts';
import { runVrp } from '../vrp-process.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { openStudio, type Studio } from './studio.ts';

const found = await findChromium();

let studio: Studio | undefined;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-storage-'));
});
afterEach(async () => {
  await studio?.close();
  studio = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const recommended = async () => {
  const { recommendations } = await studio!.api<{ recommendations: Recommendation[] }>('/api/cleanup');
  return recommendations.map(({ kind }) => kind);
};

describe.skipIf(!found)('the storage page (skipped without Chromium)', () => {
  it('shows where the space goes, lets go what was confirmed, and purges from the trash', async () => {
    studio = await openStudio(found!, 1);
    const { page, server } = studio;
    const names = ['Harbour', 'Market hall'];
    for (const [seed, name] of names.entries())
      writeFileSync(join(folder, `${name}.wav`), wavBytes(voiceSamples(4, 16_000, seed), 16_000));
    await runVrp(studio.folders, ['import', ...names.map((name) => join(folder, `${name}.wav`))]);
    // What is made of them is made before the jobs are spoiled.
    const unfinished = async () => {
      const { counts } = await studio!.api<{ counts: JobCounts }>('/api/jobs');
      return counts.queued + counts.running;
    };
    await expect.poll(unfinished).toBe(0);
    await expect.poll(recommended).toContain('derived');

    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await tryAgain(studio, 'Harbour');
    await cancelOne(studio, 'Harbour');
    await page.getByRole('link', { name: 'Storage' }).click();
    await page.getByRole('heading', { name: 'Storage', level: 1 }).waitFor();
    const kinds = page.getByRole('region', { name: 'What is kept' });
    // The server counts what lies on the disk first.
    await kinds.waitFor();
    await expect.poll(() => kinds.getByRole('row', { name: /Recordings/ }).innerText()).toContain('2');
    const region = (name: string) => page.getByRole('region', { name });
    await expect.poll(() => region('Still fits').innerText()).toMatch(/Voice\s+\S+ hours/);
    await expect
      .poll(() => region('By month').getByRole('listitem').first().innerText())
      .toMatch(/2026|20\d\d/);
    await expect.poll(() => region('Last checks').innerText()).toContain('Checked longest ago');
    expect(await seriousFindings(page)).toEqual([]);
    const button = page.getByRole('button', { name: 'Let go: Waveforms and playable copies' });
    await button.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await recommended()).toContain('derived');

    await button.click();
    await dialog.getByRole('button', { name: /^Free/ }).click();
    await page.getByText(/are free again/).waitFor();
    await page.getByText('There is nothing that could go.').waitFor();
    await expect.poll(recommended).toEqual([]);

    const [first] = await studio.recordings();
    await fetchAs(studio, `/api/recordings/${first!.id}`, 'DELETE');
    await page.goto(`${server.baseUrl}/trash`);
    await page.getByRole('button', { name: `Delete ${first!.title} for good` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('The trash is empty.').waitFor();
    const gone = await fetchAs(studio, `/api/recordings/${first!.id}`, 'GET');
    expect(gone.status).toBe(404);
    expect((await studio.recordings()).map(({ title }) => title)).toHaveLength(1);
  });
});

/** A job that another server runs, as far as the catalogue knows, is cancelled by keyboard; then it is tried again. */
async function cancelOne({ page, folders }: Studio, title: string): Promise<void> {
  using catalogue = new DatabaseSync(join(folders.dataDir, 'catalogue.sqlite'), { timeout: 30_000 });
  const now = Date.now();
  const change = (sql: string, ...values: (string | number)[]) => catalogue.prepare(sql).run(...values);
  change(
    `INSERT INTO jobs (id, kind, payload, state, run_at_ms, max_attempts, attempts, progress, fence, leased_until_ms,
       holder, started_at_ms, created_at_ms, modified_at_ms)
     SELECT 'elsewhere', 'waiting-for-nothing', json_object('recordingId', id), 'running', ?, 5, 1, 0.5, 1, ?, 'elsewhere',
       ?, ?, ? FROM recordings WHERE title = ?`,
    ...[now, now + 3_600_000, now, now, now, title],
  );
  const open = async () => {
    // What other programs do to the catalogue is not told to a page: it asks when it is opened.
    await page.reload();
    await page.getByRole('button', { name: /^Jobs: \d+ running/ }).click();
  };
  await open();
  const drawer = page.getByRole('dialog', { name: 'Jobs' });
  const cancel = drawer.getByRole('button', { name: `Cancel: waiting-for-nothing: ${title}` });
  await cancel.focus();
  await page.keyboard.press('Enter');
  const status = drawer.getByRole('status');
  await status.getByText(`It stops as soon as it can: waiting-for-nothing: ${title}`).waitFor();
  await drawer.getByText('Stopping').waitFor();
  await expect.poll(() => cancel.getAttribute('aria-disabled')).toBe('true');
  await page.locator('[aria-label^="Cancel: waiting-for-nothing"]:focus').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  change("UPDATE jobs SET state = 'cancelled', modified_at_ms = ? WHERE id = 'elsewhere'", Date.now());
  const cancelled = drawer.getByRole('region', { name: 'Cancelled today' });
  await open();
  const again = cancelled.getByRole('button', { name: `Try again: waiting-for-nothing: ${title}` });
  await again.focus();
  await page.keyboard.press('Enter');
  await status.getByText(`Queued anew: waiting-for-nothing: ${title}`).waitFor();
  await cancelled.waitFor({ state: 'hidden' });
  // The button is gone; the focus stays in the drawer.
  await expect.poll(() => drawer.locator(':focus').count()).toBe(1);
  change("DELETE FROM jobs WHERE id = 'elsewhere'");
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
}

/** A job that failed is tried again in the drawer, which hears of its end. */
async function tryAgain({ page, folders }: Studio, title: string): Promise<void> {
  using catalogue = new DatabaseSync(join(folders.dataDir, 'catalogue.sqlite'), { timeout: 30_000 });
  catalogue
    .prepare(
      `UPDATE jobs SET state = 'dead', error_code = 'media-failed', error_message = 'It could not be decoded.'
       WHERE kind = 'peaks' AND payload LIKE '%' || (SELECT id FROM recordings WHERE title = ?) || '%'`,
    )
    .run(title);
  const button = page.getByRole('button', { name: /^Jobs: \d+ running/ });
  await button.click();
  const drawer = page.getByRole('dialog', { name: 'Jobs' });
  const failed = drawer.getByRole('region', { name: 'Failed' });
  const done = drawer.getByRole('region', { name: 'Done today' });
  await failed.getByText('It could not be decoded.').waitFor();
  await expect(seriousFindings(page)).resolves.toEqual([]);
  await failed.getByRole('button', { name: `Try again: Waveform: ${title}` }).click();
  await failed.waitFor({ state: 'hidden' });
  await done
    .getByRole('listitem')
    .filter({ hasText: `Waveform ${title}` })
    .waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.locator('[aria-label^="Jobs"]:focus').waitFor();
}

/** Asked by a program with the owner's token, as `vrp` does. */
async function fetchAs({ token, server }: Studio, path: string, method: string): Promise<Response> {
  return await fetch(server.baseUrl + path, { method, headers: { authorization: `Bearer ${token}` } });
}
