import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryEntry, HistoryPage } from '../../src/model/history.ts';
import type { Recording } from '../../src/model/recording.ts';
import { sidecarKey, sidecarText } from '../../src/model/sidecar.ts';
import type { Ledger } from './power-cut-ledger.ts';

/** How long a started server may take to settle what it found; it works in the background. */
export const PATIENCE_MS = 120_000;

/** The server that was started on what the power cut left, and where its files lie. */
export interface Comeback {
  readonly baseUrl: string;
  readonly token: string;
  readonly dataDir: string;
}

/**
 * Placing, clearing up and owed sidecars go on in the background; they must come to an end. Measuring goes on as well,
 * and writes a sidecar of its own for a moment: a list is judged only beside the files of its own time.
 */
export async function listWhenSettled(
  store: Comeback,
  ledger: Ledger,
  broken: string[],
): Promise<Recording[]> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const recordings = await listAll(store);
    const owed = [
      ...unsettled(store.dataDir, ledger),
      ...(await otherSidecars(store, recordings)),
      ...strayFiles(store.dataDir, recordings),
    ];
    if (owed.length === 0) return recordings;
    if (performance.now() > deadlineMs) {
      broken.push(...owed);
      return recordings;
    }
    await sleep(30);
  }
}

async function otherSidecars(store: Comeback, recordings: readonly Recording[]): Promise<string[]> {
  const found: string[] = [];
  for (const recording of recordings) {
    const history = recording.version === 1 ? [] : await historyOf(store, recording.id);
    const sidecar = read(store.dataDir, sidecarKey(recording.storedFilename))?.toString('utf8');
    const expected = sidecarText(recording, history);
    if (sidecar === expected) continue;
    found.push(`recording ${recording.id} is ${expected} and has the sidecar ${sidecar}`);
  }
  return found;
}

async function historyOf({ baseUrl, token }: Comeback, id: string): Promise<readonly HistoryEntry[]> {
  const answer = await fetch(`${baseUrl}/api/recordings/${id}/history?limit=500`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`The history answers ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as HistoryPage).items;
}

function unsettled(dataDir: string, ledger: Ledger): string[] {
  const found: string[] = [];
  const spool = join(dataDir, 'spool');
  const open = new Set(ledger.openUploads.map(({ id }) => id));
  for (const name of readdirSync(spool)) {
    if (open.has(name)) continue;
    // Made, but the answer was cut off: it holds nothing.
    const upload = ledger.uploads.get(name);
    if (upload === undefined && sizeOf(join(spool, name, 'data')) === 0) continue;
    found.push(`the spool still holds ${name}`);
  }
  const database = new DatabaseSync(join(dataDir, 'catalogue.sqlite'), { readOnly: true, timeout: 5000 });
  try {
    const count = (sql: string) => Number(database.prepare(sql).get()?.['count']);
    const placing = count("SELECT count(*) AS count FROM recordings WHERE status = 'placing'");
    if (placing > 0) found.push(`${placing} recordings are still being placed`);
    const owed = count('SELECT count(*) AS count FROM sidecar_outbox');
    if (owed > 0) found.push(`${owed} sidecars are still owed`);
  } finally {
    database.close();
  }
  return found;
}

function sizeOf(path: string): number | undefined {
  try {
    return readFileSync(path).length;
  } catch {
    return 0;
  }
}

async function listAll({ baseUrl, token }: Comeback): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const trashed of ['false', 'true']) {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `limit=500&trashed=${trashed}${cursor && `&cursor=${cursor}`}`;
      const answer = await fetch(`${baseUrl}/api/recordings?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (!answer.ok) throw new Error(`The list answers ${answer.status}: ${await answer.text()}`);
      const page = (await answer.json()) as { items: Recording[]; nextCursor: string | null };
      recordings.push(...page.items);
      cursor = page.nextCursor;
    }
  }
  return recordings;
}

function strayFiles(dataDir: string, recordings: readonly Recording[]): string[] {
  const named = new Set(
    recordings.flatMap(({ storedFilename }) => [storedFilename, sidecarKey(storedFilename)]),
  );
  const found: string[] = [];
  for (const folder of ['raw', 'edited', 'quarantine', '.']) {
    for (const entry of readdirSync(join(dataDir, folder), {
      recursive: folder !== '.',
      withFileTypes: true,
    })) {
      const path = join(entry.parentPath, entry.name).slice(dataDir.length + 1);
      if (entry.isFile() && !named.has(path) && (folder !== '.' || !isPartOfStore(path)))
        found.push(`${path} belongs to nothing`);
    }
  }
  return found;
}

function isPartOfStore(name: string): boolean {
  return /^(vrp-store\.json|(catalogue|server-lock)\.sqlite(-wal|-shm|-journal)?|reserve\.bin(\.partial)?)$/.test(
    name,
  );
}

export function read(dataDir: string, key: string): Buffer | undefined {
  try {
    return readFileSync(join(dataDir, key));
  } catch {
    return undefined;
  }
}
