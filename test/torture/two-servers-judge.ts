import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue } from '../../src/catalogue/open-catalogue.ts';
import { sidecarKey } from '../../src/model/sidecar.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import type { VoiceRecorder } from '../../src/voice-recorder.ts';
import type { VrpFolders } from '../vrp-process.ts';

const SETTLE_LIMIT_MS = 120_000;

/** An amendment that a server answered with the version it made. */
export interface AnsweredAmendment {
  readonly id: string;
  /** The notes it wrote, which no other one writes. */
  readonly word: string;
  readonly version: number;
}

/** Each that was answered stands in the history at its version, and none twice. */
export async function judgeHistory(
  { contexts }: Catalogue,
  acknowledged: readonly AnsweredAmendment[],
): Promise<string[]> {
  const rows = await contexts.withSession({ readonly: true }, (db) =>
    db.selectFrom('amendments').select(['recording_id', 'version', 'fields_after']).execute(),
  );
  const versionsOf = new Map<string, number[]>();
  for (const row of rows) {
    const { notes = '' } = JSON.parse(row.fields_after) as { notes?: string };
    const key = `${row.recording_id} ${notes}`;
    versionsOf.set(key, [...(versionsOf.get(key) ?? []), row.version]);
  }
  const twice = [...versionsOf].filter(([, versions]) => versions.length > 1);
  const lost = acknowledged.filter(
    ({ id, word, version }) => !versionsOf.get(`${id} ${word}`)?.includes(version),
  );
  return [
    ...twice.map(([key]) => `The amendment ${key} counts twice.`),
    ...lost.map(({ id, word }) => `The amendment ${id} ${word} was answered and is gone.`),
  ];
}

/** Once nothing is owed any more: each audio and its sidecar lie in one store, and say what the row says. */
export async function judgeSidecars(
  { contexts }: Catalogue,
  stores: readonly VrpFolders[],
): Promise<string[]> {
  const endsAtMs = performance.now() + SETTLE_LIMIT_MS;
  const owed = () =>
    contexts.withSession({ readonly: true }, (db) =>
      db.selectFrom('sidecar_outbox').select('recording_id').execute(),
    );
  while ((await owed()).length > 0 && performance.now() < endsAtMs) await sleep(200);
  const broken = (await owed()).map((row) => `The sidecar of ${row.recording_id} is still owed.`);
  const rows = await contexts.withSession({ readonly: true }, (db) =>
    db
      .selectFrom('recordings')
      .select(['id', 'stored_filename', 'version', 'notes', 'status', 'store_id'])
      .execute(),
  );
  for (const row of rows) {
    if (row.status !== 'active') broken.push(`Recording ${row.id} is called ${row.status}.`);
    const homes = stores.filter(({ dataDir }) => existsSync(join(dataDir, row.stored_filename)));
    const paths = stores
      .map(({ dataDir }) => join(dataDir, sidecarKey(row.stored_filename)))
      .filter((path) => existsSync(path));
    if (homes.length !== 1 || paths.length !== 1 || !paths[0]?.startsWith(homes[0]?.dataDir ?? '')) {
      broken.push(`${row.id} has its audio in ${homes.length} stores and ${paths.length} sidecars.`);
      continue;
    }
    const sidecar = JSON.parse(await readFile(paths[0], 'utf8')) as Record<string, unknown>;
    if (sidecar['metadataVersion'] !== row.version || sidecar['notes'] !== row.notes)
      broken.push(`The sidecar of ${row.id} is not what its row says.`);
  }
  return broken;
}

/** Each store has its own files alone to check, and finds them sound. */
export async function judgeFiles(
  stores: readonly VrpFolders[],
  filesPerStore: number,
  settings: NodeJS.ProcessEnv,
): Promise<string[]> {
  const broken: string[] = [];
  for (const folders of stores) {
    await withStore(folders, settings, async ({ library, storeId, verification }) => {
      const { items } = await library.list({ limit: 500 });
      const own = items.filter((recording) => recording.storeId === storeId);
      const checks = await Promise.all(own.map(({ id }) => verification.verify(id)));
      const results = checks.map(({ result }) => result);
      if (results.length !== filesPerStore || results.some((result) => result !== 'ok'))
        broken.push(`${folders.dataDir} has ${results.join(', ')}.`);
    });
  }
  return broken;
}

/** Works on a store that no server has open. */
export async function withStore(
  { dataDir, stateDir }: VrpFolders,
  settings: NodeJS.ProcessEnv,
  work: (recorder: VoiceRecorder) => Promise<void>,
): Promise<void> {
  const recorder = await openVoiceRecorder({
    environment: 'testing',
    runsJobs: false,
    overrides: {
      dataDir,
      stateDir,
      databaseUrl: settings['DATABASE_URL'],
      databaseSchema: settings['VRP_DATABASE_SCHEMA'],
      sharedCatalogue: true,
    },
  });
  try {
    await work(recorder);
  } finally {
    await recorder.close();
  }
}
