import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { JobLease } from '../../src/jobs/job-fence.ts';
import type { DatabaseSessions } from '../../src/sessions/database-sessions.ts';
import { seededRandom } from '../voice-wav.ts';
import type { JobsChildLine, JobsChildWish } from './jobs-child.ts';
import { readSaid } from './said-line.ts';

const childPath = fileURLToPath(new URL('./jobs-child.ts', import.meta.url));
/** Nothing that must come takes so long on any machine. */
const PATIENCE_MS = 120_000;

interface Worker {
  readonly child: ChildProcess;
  readonly holder: string;
  isReady: boolean;
  isStopped: boolean;
  /** Before whose effect it stands still. */
  standing: JobLease | undefined;
  readonly refused: Set<string>;
}

/** The processes that run jobs. One that is killed is replaced at once: under its name, or under another one. */
export class JobStaff {
  kills = 0;
  /** Of those whose jobs were done by others meanwhile. */
  standstills = 0;
  refused = 0;
  readonly faults: string[] = [];
  readonly #sessions: DatabaseSessions;
  readonly #wish: Omit<JobsChildWish, 'holder'>;
  readonly #random: () => number;
  readonly #size: number;
  readonly #workers = new Set<Worker>();
  #nameCount = 0;
  #isDismissed = false;
  #isFinished = false;

  constructor(sessions: DatabaseSessions, wish: Omit<JobsChildWish, 'holder'>, seed: number, size: number) {
    this.#sessions = sessions;
    this.#wish = wish;
    this.#random = seededRandom(seed + 1);
    this.#size = size;
  }

  hire(): void {
    while (this.#workers.size < this.#size) this.#start(`worker-${++this.#nameCount}`);
  }

  /** Waits until one of them works; a process that has just begun is in nobody's way. */
  async killOne(): Promise<void> {
    const worker = await this.#chooseOne();
    worker.child.kill('SIGKILL');
    this.kills++;
    this.#workers.delete(worker);
    // A new name leaves the jobs of the dead one to the end of their leases.
    this.#start(this.#random() < 0.5 ? worker.holder : `worker-${++this.#nameCount}`);
  }

  /**
   * Has one of them stand still just before an effect, until others have done that job; what it then still wants to write
   * must be refused.
   */
  async stopOne(): Promise<void> {
    const worker = await this.#chooseOne();
    worker.isStopped = true;
    worker.child.kill('SIGUSR2');
    const job = await this.#until(() => worker.standing ?? (this.#isFinished ? 'none is left' : undefined));
    if (job === undefined || job === 'none is left') return;
    await this.#until(() => this.#isDoneByOthers(job));
    worker.standing = undefined;
    worker.child.stdin?.write('.');
    if (await this.#until(() => worker.refused.has(job.id))) this.standstills++;
    worker.isStopped = false;
  }

  /** All jobs are done: nobody begins one any more. */
  finish(): void {
    this.#isFinished = true;
  }

  async #until<T>(look: () => T | Promise<T>): Promise<T | undefined> {
    const giveUpMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (performance.now() > giveUpMs) break;
      await sleep(20);
    }
    this.faults.push('one that stands still waits in vain, or was let through');
    return undefined;
  }

  #noteRefusal(worker: Worker, jobId: string): void {
    this.refused++;
    worker.refused.add(jobId);
  }

  async #isDoneByOthers({ id, fence }: JobLease): Promise<boolean> {
    const { rows } = await this.#sessions.withSession({ name: 'look', readonly: true }, (db) =>
      sql`SELECT 1 FROM jobs WHERE id = ${id} AND state = 'done' AND fence > ${fence}`.execute(db),
    );
    return rows.length > 0;
  }

  async dismiss(): Promise<void> {
    this.#isDismissed = true;
    const gone = [...this.#workers].map(
      ({ child }) => new Promise((resolve) => child.once('close', resolve)),
    );
    for (const { child } of this.#workers) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  async #chooseOne(): Promise<Worker> {
    for (;;) {
      const able = [...this.#workers].filter(({ isReady, isStopped }) => isReady && !isStopped);
      const worker = able[Math.floor(this.#random() * able.length)];
      if (worker) return worker;
      await sleep(10);
    }
  }

  #start(holder: string): void {
    const wish: JobsChildWish = { ...this.#wish, holder };
    const child = spawn(process.execPath, [childPath, JSON.stringify(wish)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A hundred times the same modules: what was made of them once is kept.
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#wish.database.folder, 'compiled') },
    });
    const worker: Worker = {
      child,
      holder,
      isReady: false,
      isStopped: false,
      standing: undefined,
      refused: new Set(),
    };
    this.#workers.add(worker);
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = readSaid<JobsChildLine>(text);
      if (line?.kind === 'ready') worker.isReady = true;
      else if (line?.kind === 'standing') worker.standing = { id: line.jobId, fence: line.fence };
      else if (line?.kind === 'refused') this.#noteRefusal(worker, line.jobId);
      else if (line?.kind === 'fault') this.faults.push(`${holder}: ${line.message}`);
    });
    child.once('close', (code, signal) => {
      if (!this.#isDismissed && signal !== 'SIGKILL') this.faults.push(`${holder} ended by itself (${code})`);
    });
  }
}
