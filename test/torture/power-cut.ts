import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ImportOutcome } from '../../src/model/import-outcome.ts';
import { LoopDisk, type LoopFileSystem, type PowerCut, whyNoPowerCut } from '../loop-disk.ts';
import { seededRandom } from '../voice-wav.ts';
import { amend } from './power-cut-amendments.ts';
import type { PowerCutAnswer, PowerCutOrder } from './power-cut-child.ts';
import {
  type Conversation,
  finishUploads,
  importFiles,
  recordTakes,
  uploadFiles,
} from './power-cut-clients.ts';
import { judgeComeback, judgeSidecars } from './power-cut-judge.ts';
import { Ledger } from './power-cut-ledger.ts';

/*
 * Cuts the power of the file system under a whole server, at seeded random moments, while people record, upload,
 * import and amend. Then the server dies, the file system is mounted again, a next server opens what is left, and
 * everything that any client was ever answered is looked up. Some cuts hit the first start of a store, some hit the
 * recovery from the cut before. This process is the client: what it was answered lies in its memory.
 */

export interface PowerCutReport {
  readonly seed: number;
  readonly fileSystem: LoopFileSystem;
  readonly cuts: Readonly<Record<PowerCut, number>>;
  /** How many of them came before the server was up: at a first start, and while it settled an earlier cut. */
  readonly cutsAtFirstStart: number;
  readonly cutsInRecovery: number;
  readonly stores: number;
  readonly acknowledgements: number;
  readonly acknowledgedBytes: number;
  readonly recordings: number;
  readonly importedFiles: number;
  readonly amendments: number;
  /** What was answered and is not so; empty when every promise was kept. */
  readonly broken: readonly string[];
}

export interface PowerCutOptions {
  readonly seed: number;
  readonly cuts?: number | undefined;
  readonly seconds?: number;
  readonly fileSystem?: LoopFileSystem;
}

const childPath = fileURLToPath(new URL('./power-cut-child.ts', import.meta.url));
const PATIENCE_MS = 120_000;

/** Throws where power cannot be cut; see {@link whyNoPowerCut}. */
export async function run(options: PowerCutOptions): Promise<PowerCutReport> {
  const fileSystem = options.fileSystem ?? 'xfs';
  const reason = await whyNoPowerCut(fileSystem);
  if (reason !== undefined) throw new Error(`No power was cut: ${reason}.`);
  const disk = new LoopDisk(fileSystem);
  const torture = new Torture(disk, options.seed);
  try {
    return await torture.run(options);
  } finally {
    await torture.end();
    await disk.remove();
  }
}

/** A process that opens the store, and what it says. */
interface Server {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  /** Rejects when the process ends before it is ready. */
  readonly ready: Promise<{ baseUrl: string; token: string }>;
  readonly imports: Map<string, (outcome: ImportOutcome | undefined) => void>;
  complaint(): string;
}

class Torture {
  readonly #disk: LoopDisk;
  readonly #seed: number;
  readonly #random: () => number;
  readonly #broken: string[] = [];
  readonly #cuts: Record<PowerCut, number> = { 'log-lost': 0, 'log-kept': 0 };
  readonly #ledgers: Ledger[] = [];
  #server: Server | undefined;
  #cutsAtFirstStart = 0;
  #cutsInRecovery = 0;
  #bytesSeed: number;

  constructor(disk: LoopDisk, seed: number) {
    this.#disk = disk;
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#bytesSeed = (seed % 1000) * 1_000_000;
  }

  get #ledger(): Ledger {
    return this.#ledgers.at(-1) ?? this.#beginStore();
  }

  /** The folder of the store that is at hand, with `data`, `state` and an inbox for imports. */
  get #home(): string {
    return join(this.#disk.path, `store-${this.#ledgers.length}`);
  }

  async run({ cuts = Number.POSITIVE_INFINITY, seconds = 3600 }: PowerCutOptions): Promise<PowerCutReport> {
    await this.#warmUp();
    const endsAtMs = performance.now() + seconds * 1000;
    this.#beginStore();
    // A few cuts may all hit a server that has not answered anything yet: those alone would show nothing.
    const isEnough = () =>
      this.#cutCount >= cuts && this.#ledgers.some(({ figures }) => figures.acknowledgements > 0);
    while (!isEnough() && performance.now() < endsAtMs && this.#broken.length === 0) {
      if (this.#random() < 0.08) await this.#finishStore();
      await this.#oneRound();
    }
    if (this.#broken.length === 0) await this.#finishStore();
    const sum = (figure: (ledger: Ledger) => number) =>
      this.#ledgers.reduce((total, ledger) => total + figure(ledger), 0);
    return {
      seed: this.#seed,
      fileSystem: this.#disk.kind,
      cuts: this.#cuts,
      cutsAtFirstStart: this.#cutsAtFirstStart,
      cutsInRecovery: this.#cutsInRecovery,
      stores: this.#ledgers.length - (this.#broken.length === 0 ? 1 : 0),
      acknowledgements: sum(({ figures }) => figures.acknowledgements),
      acknowledgedBytes: sum(({ figures }) => figures.acknowledgedBytes),
      recordings: sum(({ figures }) => figures.recordings),
      importedFiles: sum(({ files }) => files.filter(({ isStored }) => isStored).length),
      amendments: sum(({ figures }) => figures.amendments),
      broken: this.#broken,
    };
  }

  async end(): Promise<void> {
    if (this.#server === undefined) return;
    this.#server.process.kill('SIGKILL');
    await this.#server.ended;
  }

  get #cutCount(): number {
    return this.#cuts['log-lost'] + this.#cuts['log-kept'];
  }

  #beginStore(): Ledger {
    if (this.#ledgers.length > 0) rmSync(this.#home, { recursive: true, force: true });
    const ledger = new Ledger();
    this.#ledgers.push(ledger);
    mkdirSync(join(this.#home, 'inbox'), { recursive: true });
    return ledger;
  }

  /** Starts, perhaps dies while starting, is judged, works, and loses its power. */
  async #oneRound(): Promise<void> {
    const isFirst = this.#ledger.ownerToken === undefined;
    while (this.#random() < (isFirst ? 0.5 : 0.2)) {
      const server = this.#start();
      // Whether it gets ready before the cut does not matter; what it said counts.
      server.ready.then(
        ({ token }) => this.#hearToken(token),
        () => undefined,
      );
      await Promise.race([sleep(150 + this.#random() ** 0.5 * 1300), server.ready.catch(() => undefined)]);
      await this.#cut(server);
      if (isFirst) this.#cutsAtFirstStart++;
      else this.#cutsInRecovery++;
    }
    const server = await this.#startAndJudge();
    if (server === undefined) return;
    const stop = new AbortController();
    const work = this.#employ(server, stop.signal);
    await sleep(30 + this.#random() ** 2 * 1500);
    await this.#cut(server, () => stop.abort());
    await work;
    this.#broken.push(...judgeSidecars(join(this.#home, 'data'), this.#ledger));
  }

  /** The server works until everything is whole, ends by itself, and leaves nothing behind; then comes a new store. */
  async #finishStore(): Promise<void> {
    const server = await this.#startAndJudge();
    if (server === undefined) return;
    const ledger = this.#ledger;
    await finishUploads(await this.#talk(server, new AbortController().signal));
    const store = { ...(await server.ready), dataDir: join(this.#home, 'data') };
    this.#broken.push(...(await judgeComeback(store, ledger)));
    server.process.send({ kind: 'stop' } satisfies PowerCutOrder);
    await server.ended;
    this.#server = undefined;
    if (server.process.exitCode !== 0) this.#broken.push(`the server ended badly: ${server.complaint()}`);
    if (this.#broken.length === 0) this.#beginStore();
  }

  async #startAndJudge(): Promise<Server | undefined> {
    const server = this.#start();
    try {
      const said = await Promise.race([server.ready, sleep(PATIENCE_MS)]);
      if (said === undefined) throw new Error(`it did not get ready: ${server.complaint()}`);
      for (const upload of this.#ledger.uploads.values()) upload.isHeld = false;
      const store = { ...said, dataDir: join(this.#home, 'data') };
      const broken = await judgeComeback(store, this.#ledger);
      this.#hearToken(said.token);
      if (broken.length > 0) broken.push(`(the server said: ${server.complaint()})`);
      this.#broken.push(...broken);
      if (broken.length === 0) return server;
    } catch (error) {
      this.#broken.push(
        `after ${this.#cutCount} cuts the store could not be opened or judged: ${String(error)}`,
      );
    }
    return undefined;
  }

  #hearToken(token: string): void {
    const { ownerToken } = this.#ledger;
    if (ownerToken !== undefined && ownerToken !== token) this.#broken.push('the owner has another token');
    this.#ledger.ownerToken = token;
  }

  /** One that ends by itself leaves its compiled code to all others, which then start in half the time. */
  async #warmUp(): Promise<void> {
    const server = this.#start(join(this.#disk.path, 'warm-up'));
    await server.ready;
    server.process.send({ kind: 'stop' } satisfies PowerCutOrder);
    await server.ended;
  }

  #start(home = this.#home): Server {
    const child = fork(childPath, [home], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: this.#disk.scratchPath },
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(-4000);
    });
    const { promise: ready, resolve, reject } = Promise.withResolvers<{ baseUrl: string; token: string }>();
    ready.catch(() => undefined);
    const imports: Server['imports'] = new Map();
    child.on('message', (answer: PowerCutAnswer) => {
      if (answer.kind === 'ready') resolve(answer);
      else {
        imports.get(answer.outcome.file)?.(answer.outcome);
        imports.delete(answer.outcome.file);
      }
    });
    const ended = once(child, 'close').then(() => {
      reject(new Error(`it ended by itself: ${complaint}`));
      for (const tell of imports.values()) tell(undefined);
    });
    const server = { process: child, ended, ready, imports, complaint: () => complaint };
    this.#server = server;
    return server;
  }

  async #talk(server: Server, signal: AbortSignal): Promise<Conversation> {
    return {
      ...(await server.ready),
      ledger: this.#ledger,
      random: this.#random,
      signal,
      broken: this.#broken,
      importFile: (path, isMove) =>
        new Promise((resolve) => {
          if (!server.process.connected) return resolve(undefined);
          server.imports.set(path, resolve);
          server.process.send({ kind: 'import', path, isMove } satisfies PowerCutOrder);
        }),
      nextSeed: () => ++this.#bytesSeed,
    };
  }

  async #employ(server: Server, signal: AbortSignal): Promise<void> {
    const talk = await this.#talk(server, signal);
    const inbox = join(this.#home, 'inbox');
    await Promise.all([
      recordTakes(talk),
      recordTakes(talk),
      recordTakes(talk),
      uploadFiles(talk),
      uploadFiles(talk),
      importFiles(talk, inbox),
      amend(talk),
    ]);
  }

  /** Mostly the disk goes first and the process sees it go; sometimes both are gone at once. */
  async #cut(server: Server, tell: () => void = () => undefined): Promise<void> {
    const cut = this.#random() < 0.6 ? 'log-lost' : 'log-kept';
    // Without power nobody answers. A process that went on could: a sync that began before the cut and is looked at
    // after it finds nothing left to wait for, and returns as if it had been done.
    const signal = this.#random() < 0.3 ? 'SIGKILL' : 'SIGSTOP';
    await this.#disk.cutPower(cut, () => server.process.kill(signal));
    tell();
    this.#cuts[cut]++;
    server.process.kill('SIGKILL');
    await server.ended;
    await this.#disk.comeBack();
  }
}
