import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresSettings } from '../../src/database/postgres/connection-settings.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { sidecarKey } from '../../src/model/sidecar.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { openLibraryReader } from '../../src/open-reader.ts';
import { openPostgres, type ScratchSchema } from '../databases.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';

const postgres = await openPostgres();
const folders: string[] = [];
let schema: ScratchSchema;

beforeAll(async () => {
  if (postgres.skipReason === undefined) schema = await postgres.create({ isNew: true });
});
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-whole-store-'));
  folders.push(folder);
  return folder;
}

function urlOf({ user = '', password = '', host, port, database }: PostgresSettings): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

function overridesFor(folder: string) {
  return {
    dataDir: join(folder, 'store'),
    stateDir: join(folder, 'state'),
    databaseUrl: urlOf(schema.settings),
    databaseSchema: schema.settings.schema,
  };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => failureCodeOf(error) ?? error,
  );

describe.skipIf(postgres.skipReason)('a store whose catalogue is in PostgreSQL', () => {
  it('keeps, finds and forgets recordings like any other, over restarts', async () => {
    const folder = await newFolder();
    const overrides = overridesFor(folder);
    const open = () => openVoiceRecorder({ environment: 'testing', overrides });
    const file = join(folder, 'Entrée à Zürich.wav');
    writeWav(file, voiceSamples(0.2, 8_000, 1), 8_000);
    const first = await open();
    const outcome = await first.library.importFile(file, { tags: ['Reise'] });
    expect(outcome).toMatchObject({ status: 'stored' });
    expect(await first.library.importFile(file)).toMatchObject({ status: 'duplicate' });
    await first.close();
    expect(existsSync(join(overrides.dataDir, 'catalogue.sqlite'))).toBe(false);

    const second = await open();
    const { items } = await second.library.list({ query: 'zuri', tag: 'reise' });
    expect(items).toHaveLength(1);
    const [id = ''] = items.map((item) => item.id);
    expect(await second.verification.verify(id)).toMatchObject({ result: 'ok' });
    expect(existsSync(join(overrides.dataDir, sidecarKey(items[0]?.storedFilename ?? '')))).toBe(true);

    // Looks on beside the one that has it open.
    const reader = await openLibraryReader({ environment: 'testing', overrides });
    expect((await reader.list({})).items).toHaveLength(1);
    await reader.close();

    await second.library.trash(id);
    await second.files.purge(id);
    expect((await second.library.list({ isTrashed: true })).items).toEqual([]);
    await second.close();
  });

  it('has its database for itself', async () => {
    const other = await newFolder();
    const overrides = overridesFor(other);
    expect(await codeOf(openVoiceRecorder({ environment: 'testing', overrides }))).toBe(
      'catalogue-of-other-store',
    );
  });

  it('is not begun anew over recordings whose catalogue is elsewhere', async () => {
    const folder = await newFolder();
    const { databaseUrl: _, databaseSchema, ...onSqlite } = overridesFor(folder);
    const file = join(folder, 'a.wav');
    writeWav(file, voiceSamples(0.2, 8_000, 1), 8_000);
    const recorder = await openVoiceRecorder({ environment: 'testing', overrides: onSqlite });
    await recorder.library.importFile(file);
    await recorder.close();
    const fresh = await postgres.create({ isNew: true });
    const overrides = { ...overridesFor(folder), databaseSchema: fresh.settings.schema };
    expect(await codeOf(openVoiceRecorder({ environment: 'testing', overrides }))).toBe('catalogue-missing');
  });
});
