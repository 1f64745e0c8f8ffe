import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCatalogue } from '../../src/catalogue/open-catalogue.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { Recording } from '../../src/model/recording.ts';
import { type StartedPostgres, startPostgres } from '../postgres-server.ts';
import { seededRandom, voiceSamples, writeWav } from '../voice-wav.ts';
import { type StartedServer, startVrp, type VrpFolders } from '../vrp-process.ts';
import {
  type AnsweredAmendment,
  judgeFiles,
  judgeHistory,
  judgeSidecars,
  withStore,
} from './two-servers-judge.ts';

/*
 * Two servers with a store each share one catalogue in PostgreSQL. Writers amend the recordings of both through either,
 * each at the version it has seen, while servers and database are killed in turns. Every amendment that was answered
 * stands in the history once, at the version that was answered; what one server answered the other one shows; at the
 * end each sidecar lies beside its audio, in one store alone, and says what the row says; and no file was called missing.
 */

export interface TwoServersReport {
  readonly seconds: number;
  readonly serverKills: number;
  readonly postgresKills: number;
  readonly acknowledged: number;
  /** Amendments that came too late: somebody else had been there since (412). */
  readonly conflicts: number;
  /** Of which nobody knows whether they count: the server or its database died before the answer. */
  readonly unanswered: number;
  readonly broken: readonly string[];
}

export interface TwoServersOptions {
  readonly seed?: number | undefined;
  /** 600 when not given. */
  readonly seconds?: number | undefined;
  readonly serverKillEveryMs?: number;
  readonly postgresKillEveryMs?: number;
  readonly writers?: number;
}

const FILES_PER_STORE = 8;
const PAUSE_MS = 20;
const START_TRIES = 20;
const ANSWER_LIMIT_MS = 60_000;

interface Node {
  readonly folders: VrpFolders;
  readonly port: number;
  readonly token: string;
  server: StartedServer;
}

interface Tally {
  readonly acknowledged: AnsweredAmendment[];
  readonly broken: string[];
  conflicts: number;
  unanswered: number;
}

export async function run(options: TwoServersOptions = {}): Promise<TwoServersReport> {
  const { seed = 1, seconds = 600, serverKillEveryMs = 45_000, postgresKillEveryMs = 30_000 } = options;
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'vrp-two-servers-'));
  const postgres = await startPostgres({ isDurable: true });
  const nodes: Node[] = [];
  const tally: Tally = { acknowledged: [], broken: [], conflicts: 0, unanswered: 0 };
  let serverKills = 0;
  let postgresKills = 0;
  try {
    for (const name of ['north', 'south']) nodes.push(await openNode(join(folder, name), postgres));
    const ids = await idsAt(nodes[0]);
    const ending = new AbortController();
    const writers = Array.from({ length: options.writers ?? 64 }, (_, writer) =>
      writeUntil(ending.signal, { writer, nodes, ids, tally, random: seededRandom(seed * 1000 + writer) }),
    );
    const endsAtMs = performance.now() + seconds * 1000;
    const isOwed = (done: number, everyMs: number) => done === 0 && everyMs < seconds * 1000;
    const repeat = async (everyMs: number, work: () => Promise<void>) => {
      // After a standstill the time may be over before anything was killed.
      for (let done = 0; performance.now() + everyMs < endsAtMs || isOwed(done, everyMs); done++) {
        await sleep(everyMs * (0.75 + random() / 2));
        await work();
      }
    };
    await Promise.all([
      sleep(seconds * 1000),
      repeat(serverKillEveryMs, async () => {
        const node = nodes[serverKills++ % nodes.length];
        if (!node) return;
        await node.server.kill();
        node.server = await startAgain(node, settingsOf(postgres));
      }),
      repeat(postgresKillEveryMs, async () => {
        postgresKills++;
        await postgres.kill();
        await postgres.restart();
      }),
    ]);
    ending.abort();
    await Promise.all(writers);
    tally.broken.push(...(await judge(nodes, postgres, tally)));
  } finally {
    await endAll(nodes);
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const { acknowledged, conflicts, unanswered, broken } = tally;
  return {
    seconds,
    serverKills,
    postgresKills,
    acknowledged: acknowledged.length,
    conflicts,
    unanswered,
    broken,
  };
}

/** As a service manager would: its database may be killed while it starts. */
async function startAgain(
  { folders, port }: Pick<Node, 'folders' | 'port'>,
  settings: NodeJS.ProcessEnv,
  tries = START_TRIES,
): Promise<StartedServer> {
  try {
    return await startVrp(folders, port, settings);
  } catch (error) {
    if (tries === 1) throw error;
    await sleep(500);
    return startAgain({ folders, port }, settings, tries - 1);
  }
}

async function endAll(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.server.kill()));
}

function settingsOf({ settings }: StartedPostgres): NodeJS.ProcessEnv {
  const { user = '', password = '', host, port, database, schema } = settings;
  return {
    DATABASE_URL: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
    VRP_DATABASE_SCHEMA: schema,
    VRP_DATABASE_START_MS: '60000',
    VRP_SHARED_CATALOGUE: 'on',
  };
}

async function openNode(home: string, postgres: StartedPostgres): Promise<Node> {
  const folders = { dataDir: join(home, 'store'), stateDir: join(home, 'state') };
  const settings = settingsOf(postgres);
  await withStore(folders, settings, async ({ library }) => {
    for (let index = 0; index < FILES_PER_STORE; index++) {
      const file = join(home, `${index}.wav`);
      writeWav(file, voiceSamples(0.2 + index / 100, 8_000, index), 8_000);
      const { status } = await library.importFile(file);
      if (status !== 'stored') throw new Error(`${file} was not stored: ${status}.`);
    }
  });
  const server = await startVrp(folders, undefined, settings);
  const [store = ''] = await readdir(join(folders.stateDir, 'stores'));
  const token = (await readFile(join(folders.stateDir, 'stores', store, 'owner-token'), 'utf8')).trim();
  return { folders, port: server.port, token, server };
}

async function idsAt(node: Node | undefined): Promise<readonly string[]> {
  const answer = node && (await ask(node, '/api/recordings?limit=500'));
  if (!answer) throw new Error('The first server did not answer.');
  const { items } = (await answer.json()) as { items: readonly Recording[] };
  if (items.length === 2 * FILES_PER_STORE) return items.map(({ id }) => id);
  throw new Error(`Expected ${2 * FILES_PER_STORE} recordings on either server, found ${items.length}.`);
}

/** Undefined when there was no answer, or one that says nothing about what became of it. */
async function ask(node: Node, path: string, init: RequestInit = {}): Promise<Response | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${node.port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${node.token}`, ...init.headers },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    if (answer.status < 500) return answer;
    await answer.arrayBuffer();
  } catch {
    // Killed, or not there yet.
  }
  await sleep(PAUSE_MS);
  return undefined;
}

interface Writing {
  readonly writer: number;
  readonly nodes: readonly Node[];
  readonly ids: readonly string[];
  readonly tally: Tally;
  readonly random: () => number;
}

async function writeUntil(signal: AbortSignal, writing: Writing): Promise<void> {
  const { writer, nodes, ids, tally, random } = writing;
  for (let round = 0; !signal.aborted; round++) {
    const id = ids[Math.floor(random() * ids.length)] ?? '';
    const turn = random() < 0.5 ? 0 : 1;
    const [here, there] = [nodes[turn], nodes[1 - turn]];
    if (!here || !there) return;
    const seen = await readVersion(here, id);
    if (seen === undefined) continue;
    const word = `writer ${writer} round ${round}`;
    const answer = await ask(here, `/api/recordings/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'if-match': `"${seen}"` },
      body: JSON.stringify({ notes: word }),
    });
    if (answer === undefined) tally.unanswered++;
    else if (answer.status === 412) tally.conflicts++;
    else if (answer.status !== 200) tally.broken.push(`An amendment was answered ${answer.status}.`);
    else {
      const { version } = (await answer.json()) as Recording;
      tally.acknowledged.push({ id, word, version });
      const shown = await readVersion(there, id);
      if (shown !== undefined && shown < version)
        tally.broken.push(`Version ${version} of ${id} was answered, and the other server showed ${shown}.`);
    }
  }
}

async function readVersion(node: Node, id: string): Promise<number | undefined> {
  const answer = await ask(node, `/api/recordings/${id}`);
  return answer?.status === 200 ? ((await answer.json()) as Recording).version : undefined;
}

async function judge(nodes: readonly Node[], postgres: StartedPostgres, tally: Tally): Promise<string[]> {
  const folders = nodes.map((node) => node.folders);
  const catalogue = await openCatalogue({
    file: '',
    backupFolder: '',
    clock: systemClock,
    postgres: postgres.settings,
  });
  try {
    const broken = [
      ...(await judgeHistory(catalogue, tally.acknowledged)),
      ...(await judgeSidecars(catalogue, folders)),
    ];
    await endAll(nodes);
    return [...broken, ...(await judgeFiles(folders, FILES_PER_STORE, settingsOf(postgres)))];
  } finally {
    await catalogue.close();
  }
}
