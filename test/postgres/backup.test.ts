import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSnapshot } from '../../src/database/check-snapshot.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { rebuildStore } from '../../src/rebuild-store.ts';
import { restoreStore } from '../../src/restore-store.ts';
import type { VoiceRecorder } from '../../src/voice-recorder.ts';
import { openPostgres, type ScratchSchema } from '../databases.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';

/* Snapshots of a catalogue in PostgreSQL are SQLite files, and come back into PostgreSQL. */

const postgres = await openPostgres();
let folder = '';
let schema: ScratchSchema;
let overrides: Readonly<Record<string, string>>;

beforeAll(async () => {
  if (postgres.skipReason !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'vrp-postgres-backup-'));
  schema = await postgres.create({ isNew: true });
  const { user = '', password = '', host, port, database } = schema.settings;
  overrides = {
    dataDir: join(folder, 'store'),
    stateDir: join(folder, 'state'),
    databaseUrl: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
    databaseSchema: schema.settings.schema,
  };
});
afterAll(async () => {
  if (postgres.skipReason === undefined) {
    for (const name of await schemas()) await ask(`DROP SCHEMA ${pg.escapeIdentifier(name)} CASCADE`);
  }
  await rm(folder, { recursive: true, force: true });
});

const open = () => openVoiceRecorder({ environment: 'testing', overrides, runsJobs: false });
const restore = () => restoreStore({ environment: 'testing', overrides });

async function ask(text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ ...schema.settings });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function schemas(): Promise<string[]> {
  const like = `${schema.settings.schema}%`;
  const rows = await ask(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE '${like}' ORDER BY 1`);
  return rows.map(({ name = '' }) => name);
}

async function bringIn(recorder: VoiceRecorder, seed: number): Promise<string> {
  const path = join(folder, `Entrée ${seed}.wav`);
  writeWav(path, voiceSamples(0.2, 8_000, seed), 8_000);
  return (await recorder.library.importFile(path, { tags: ['Reise'] })).id ?? '';
}

async function seenBy(recorder: VoiceRecorder) {
  return {
    library: (await recorder.library.list({})).items,
    trash: (await recorder.library.list({ isTrashed: true })).items,
    found: (await recorder.library.list({ query: 'named after' })).items.length,
    tags: await recorder.library.tags(),
    tokens: (await recorder.access.listTokens()).map(({ name }) => name),
  };
}

describe.skipIf(postgres.skipReason)(`a catalogue in PostgreSQL ${postgres.skipReason ?? ''}`, () => {
  it('is saved as it is at one moment, and comes back with what sidecars say of the time after', async () => {
    let recorder = await open();
    const first = await bringIn(recorder, 1);
    await recorder.access.addToken('desk', 'record');
    // Somebody goes on writing meanwhile: what is read all comes from one moment.
    const writing = (async () => {
      for (let n = 0; n < 10; n++) await recorder.library.amend(first, { notes: `n ${n}` });
    })();
    const backup = await recorder.backups.create();
    await writing;
    const file = join(overrides['dataDir'] ?? '', 'backup', backup.name);
    await checkSnapshot(file);
    expect(await recorder.backups.list()).toMatchObject([{ name: backup.name }]);
    expect(readdirSync(join(overrides['dataDir'] ?? '', 'backup'))).toEqual([backup.name]);
    await recorder.library.amend(first, { title: 'Named after the snapshot' });
    await recorder.library.trash(await bringIn(recorder, 2));
    const expected = await seenBy(recorder);
    expect(expected).toMatchObject({ found: 1, tokens: ['desk'] });
    expect(await restore().catch(failureCodeOf)).toBe('store-locked');
    await recorder.close();

    await ask(`DROP TABLE ${pg.escapeIdentifier(schema.settings.schema)}.recordings CASCADE`);
    const report = await restore();
    expect(report).toMatchObject({ file, recovered: 2, adopted: 0, failed: [] });
    recorder = await open();
    expect(await seenBy(recorder)).toEqual(expected);
    await recorder.close();
    // The damaged one is kept beside it.
    const [, kept = ''] = await schemas();
    expect(report.keptFile).toMatch(new RegExp(`^schema ${kept} of postgres://`));
    expect(report.keptFile).not.toContain(schema.settings.password);
  });

  it('is made anew from files and sidecars when nothing of it is left', async () => {
    let recorder = await open();
    const expected = await seenBy(recorder);
    await recorder.close();
    for (const name of await schemas()) await ask(`DROP SCHEMA ${pg.escapeIdentifier(name)} CASCADE`);
    expect(await open().catch(failureCodeOf)).toBe('catalogue-missing');
    const stopped = rebuildStore({ environment: 'testing', overrides, signal: AbortSignal.abort() });
    expect(await stopped.catch(failureCodeOf)).toBe('interrupted');
    const report = await rebuildStore({ environment: 'testing', overrides });
    expect(report).toMatchObject({ recovered: 2, adopted: 0, failed: [] });
    recorder = await open();
    // Tokens stand in no sidecar.
    expect(await seenBy(recorder)).toEqual({ ...expected, tokens: [] });
    await recorder.close();
    expect(readdirSync(overrides['dataDir'] ?? '').filter((name) => name.startsWith('catalogue'))).toEqual(
      [],
    );
  });

  it('is never put into the place of one that others are in', async () => {
    const stores = `${pg.escapeIdentifier(schema.settings.schema)}.stores`;
    await ask(`INSERT INTO ${stores} (place, id, claimed_at, name, is_shared)
      SELECT max(place) + 1, 'another', '2026', 'elsewhere', 1 FROM ${stores}`);
    const before = await schemas();
    expect(await restore().catch(failureCodeOf)).toBe('catalogue-of-other-store');
    expect(await rebuildStore({ environment: 'testing', overrides }).catch(failureCodeOf)).toBe(
      'catalogue-of-other-store',
    );
    expect(await schemas()).toEqual(before);
    const recorder = await open();
    await expect(recorder.backups.create()).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('pg_dump'),
    });
    await recorder.close();
  });
});
