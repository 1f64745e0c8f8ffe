import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openVoiceRecorder } from '../../src/open.ts';
import { openPostgres } from '../databases.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { openStudio } from './studio.ts';

const found = await findChromium();
const postgres = await openPostgres();

describe.skipIf(!found || postgres.skipReason)('the page of a recording of another store', () => {
  it('says where its audio lies, and follows what is changed there', async () => {
    await using opened = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'vrp-other-store-'));
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    const schema = await postgres.create();
    opened.defer(() => schema.remove());
    const { user = '', password = '', host, port, database, schema: databaseSchema } = schema.settings;
    const databaseUrl = `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
    const dataDir = join(folder, 'store');
    const other = await openVoiceRecorder({
      environment: 'testing',
      overrides: {
        dataDir,
        stateDir: join(folder, 'state'),
        databaseUrl,
        databaseSchema,
        sharedCatalogue: true,
      },
    });
    opened.defer(() => other.close());
    const file = join(folder, 'harbour.wav');
    writeWav(file, voiceSamples(0.5, 8_000, 1), 8_000);
    const { id = '' } = await other.library.importFile(file, { title: 'Harbour' });
    const studio = await openStudio(found!, 1, {
      settings: {
        DATABASE_URL: databaseUrl,
        VRP_DATABASE_SCHEMA: databaseSchema,
        VRP_SHARED_CATALOGUE: 'on',
      },
    });
    opened.defer(() => studio.close());
    const { page } = studio;

    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.getByRole('link', { name: 'Library' }).click();
    await page.getByRole('link', { name: /Harbour/ }).click();
    await page.getByText(`The audio lies in another store`).waitFor();
    await page.getByText(dataDir).waitFor();
    expect(await page.locator('audio').count()).toBe(0);
    for (const name of ['Download original', 'Check now', 'Play'])
      expect(await page.getByText(name, { exact: true }).count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);

    await other.library.amend(id, { title: 'Harbour at night' });
    await page.getByRole('link', { name: /Harbour at night/ }).waitFor();
    await expect.poll(() => page.title()).toContain('Harbour at night');
    // What is no file is changed from here, too.
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await expect.poll(async () => (await other.library.find(id))?.status).toBe('trashed');
  });
});
