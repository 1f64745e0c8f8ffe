import { setTimeout as sleep } from 'node:timers/promises';
import { makeFaults, possibleFaults } from './fault-maker.ts';
import { type FaultKind, planFaults } from './fault-plan.ts';
import { openFaultyProxy } from './faulty-proxy.ts';
import { HttpClient } from './http-client.ts';
import { Importer } from './importer.ts';
import type { Ledger } from './ledger.ts';
import { type ClientDesk, recordTakes, uploadFiles } from './recorders.ts';
import { seededRandom } from './seeded-random.ts';
import type { ServerProcess } from './server-process.ts';
import { amendTitles, readLibrary } from './visitors.ts';

export interface StormDesk {
  readonly server: ServerProcess;
  readonly env: NodeJS.ProcessEnv;
  readonly token: string;
  readonly ledger: Ledger;
  readonly seed: number;
  /** For the files that are imported. */
  readonly sourceFolder: string;
  /** Audio that may be there at this time; nothing new is begun beyond it. */
  allowedBytes(): number;
  /** Aborted when no more faults are wanted. */
  readonly ending: AbortSignal;
  onFault(kind: FaultKind, hits: number): void;
  /** Called when the faults have ceased and clients finish what they began. */
  onCalm(): void;
}

type Work = (desk: ClientDesk) => Promise<void>;

const CLIENTS: readonly Work[] = [
  recordTakes,
  recordTakes,
  recordTakes,
  recordTakes,
  uploadFiles,
  uploadFiles,
  readLibrary,
  amendTitles,
];
/** Clients get this long to finish, once nothing disturbs them any more. */
const FINISH_WITHIN_MS = 120_000;

/** Uses a server that runs in every way at once while everything goes wrong, until `ending`; then lets all finish. */
export async function storm(desk: StormDesk): Promise<void> {
  const { server, ledger, ending } = desk;
  const proxy = await openFaultyProxy(server.port);
  const giveUp = new AbortController();
  const mayAdd = () => ledger.acknowledgedBytes < desk.allowedBytes();
  const door = { port: proxy.port, host: `127.0.0.1:${server.port}`, token: desk.token };
  const clients: HttpClient[] = [];
  const clientDesk = (index: number): ClientDesk => {
    const client = new HttpClient(door);
    clients.push(client);
    // Each client has numbers of its own, so that what one does decides nothing for another.
    const random = seededRandom(desk.seed * 1000 + index + 1);
    return { client, ledger, random, ending, giveUp: giveUp.signal, mayAdd };
  };
  const importer = new Importer(clientDesk(CLIENTS.length), desk.sourceFolder, desk.env);
  try {
    const works = [importer.run(), ...CLIENTS.map((work, index) => work(clientDesk(index)))];
    const finished = Promise.all(works);
    const plan = planFaults(desk.seed, possibleFaults().kinds);
    const targets = { server, proxy, killImport: () => importer.kill(), onFault: desk.onFault };
    // A client that fails ends the run: it is a fault of this program.
    await Promise.race([makeFaults(plan, targets, ending), failureOf(finished)]);
    desk.onCalm();
    const late = sleep(FINISH_WITHIN_MS, undefined, { ref: false }).then(() => giveUp.abort());
    await Promise.race([finished, late.then(() => finished)]);
  } finally {
    giveUp.abort();
    importer.kill();
    for (const client of clients) client.close();
    await proxy.close();
  }
}

/** Never resolves. */
function failureOf(work: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    work.catch(reject);
  });
}
