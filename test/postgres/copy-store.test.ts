import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyStore } from '../../src/copy-store.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import type { Recording } from '../../src/model/recording.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import type { VoiceRecorder } from '../../src/voice-recorder.ts';
import { openPostgres, type ScratchSchema } from '../databases.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';

const postgres = await openPostgres();
let folder = '';
let schema: ScratchSchema;
let onSqlite: { dataDir: string; stateDir: string; databaseSchema: string };
let url = '';

beforeAll(async () => {
  if (postgres.skipReason !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'vrp-copy-'));
  schema = await postgres.create({ isNew: true });
  const { user = '', password = '', port, database } = schema.settings;
  url = `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  const { schema: databaseSchema } = schema.settings;
  onSqlite = { dataDir: join(folder, 'store'), stateDir: join(folder, 'state'), databaseSchema };
  await fillStore();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (more: Readonly<Record<string, unknown>> = {}) =>
  openVoiceRecorder({ environment: 'testing', overrides: { ...onSqlite, ...more }, runsJobs: false });
const copy = (options: Parameters<typeof copyStore>[0], more: Readonly<Record<string, unknown>> = {}) =>
  copyStore({ environment: 'testing', ...options, overrides: { ...onSqlite, ...more } });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => failureCodeOf(error) ?? error,
  );

async function fillStore(): Promise<void> {
  const recorder = await open();
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    const file = join(folder, `Gespräch ${n}.wav`);
    writeWav(file, voiceSamples(0.1, 8_000, n), 8_000);
    const { id = '' } = await recorder.library.importFile(file, { tags: ['Straße', `n${n}`] });
    ids.push(id);
  }
  await recorder.library.amend(ids[0] ?? '', { title: '日本語 "quoted" \\u0000', notes: 'x'.repeat(20_000) });
  await recorder.library.trash(ids[1] ?? '');
  await recorder.access.addToken('archive', 'edit');
  await recorder.close();
}

async function seenBy(recorder: VoiceRecorder) {
  const [library, trash, found, tags, tokens] = await Promise.all([
    recorder.library.list({}),
    recorder.library.list({ isTrashed: true }),
    recorder.library.list({ query: 'quot' }),
    recorder.library.tags(),
    recorder.access.listTokens(),
  ]);
  await recorder.close();
  // In PostgreSQL each says which store it is of.
  const plain = ({ storeId: _, ...recording }: Recording) => recording;
  return {
    library: library.items.map(plain),
    trash: trash.items.map(plain),
    found: found.items.map(({ id }) => id),
    tags,
    tokens,
  };
}

describe.skipIf(postgres.skipReason)('copying a catalogue', () => {
  it('brings all of it to PostgreSQL and back, goes on where it was stopped, and never over another one', async () => {
    const before = await seenBy(await open());
    expect(before.found).toHaveLength(1);
    const rehearsed = await copy({ to: url, isDryRun: true });
    expect(rehearsed).toMatchObject({ isCopied: false, to: expect.not.stringContaining('signs') });
    expect(rehearsed.tables).toContainEqual({ table: 'recordings', rows: 3 });

    const stopped = new AbortController();
    const onProgress = () => stopped.abort();
    expect(await codeOf(copy({ to: url, signal: stopped.signal, onProgress }))).toBe('interrupted');
    // A part of a catalogue is not taken for one.
    expect(await codeOf(open({ databaseUrl: url }))).toBe('catalogue-missing');
    const copied = await copy({ to: url });
    expect(copied).toMatchObject({ isCopied: true, tables: rehearsed.tables });
    expect(await seenBy(await open({ databaseUrl: url }))).toEqual(before);
    expect(await codeOf(copy({ to: url }))).toBe('copy-target-taken');

    const file = join(folder, 'back.sqlite');
    await copy({ to: `sqlite://${file}` }, { databaseUrl: url });
    expect(await seenBy(await open({ databaseUrl: `sqlite://${file}` }))).toEqual(before);
    expect(await codeOf(copy({ to: `sqlite://${file}` }, { databaseUrl: url }))).toBe('copy-target-taken');
  });

  it('notices what is not as it was', async () => {
    const other = await postgres.create({ isNew: true });
    const more = { databaseSchema: other.settings.schema };
    const stopped = AbortSignal.abort();
    expect(await codeOf(copy({ to: url, signal: stopped }, more))).toBe('interrupted');
    const client = new pg.Client({ ...other.settings });
    await client.connect();
    await client.query(
      `INSERT INTO ${pg.escapeIdentifier(other.settings.schema)}.tokens VALUES ('zz', 'edit', 'zz', '2026', NULL)`,
    );
    await client.end();
    expect(await codeOf(copy({ to: url }, more))).toBe('copy-differs');
  });
});
