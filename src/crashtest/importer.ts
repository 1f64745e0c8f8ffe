import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportOutcome } from '../model/import-outcome.ts';
import { newSending, type Sending } from './ledger.ts';
import { makeAudio } from './made-audio.ts';
import { type ClientDesk, fileRecipe } from './recorders.ts';
import { wholeNumber } from './seeded-random.ts';
import { spawnVrp } from './vrp-command.ts';

const PAUSE_MS = 300;

/** Runs `vrp import` on one folder of new files after the other, each until every file of it is in the library. */
export class Importer {
  readonly #desk: ClientDesk;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #running: ChildProcess | undefined;

  /** `folder` is for the sources; `env` names the store. */
  constructor(desk: ClientDesk, folder: string, env: NodeJS.ProcessEnv) {
    this.#desk = desk;
    this.#folder = folder;
    this.#env = env;
  }

  /** SIGKILL of the import that runs at this moment; false when there is none. */
  kill(): boolean {
    return this.#running?.kill('SIGKILL') ?? false;
  }

  async run(): Promise<void> {
    const { random, ending } = this.#desk;
    for (let batch = 0; !ending.aborted; batch++) {
      if (this.#desk.mayAdd()) await this.#importBatch(join(this.#folder, `batch-${batch}`));
      await sleep(wholeNumber(random, 0, 2000), undefined, { signal: ending }).catch(() => undefined);
    }
  }

  async #importBatch(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const waiting = new Map<string, Sending>();
    for (let count = wholeNumber(this.#desk.random, 2, 6); count > 0; count--) {
      const recipe = fileRecipe(this.#desk.random);
      const bytes = makeAudio(recipe);
      const path = join(folder, `${recipe.seed}.${recipe.format}`);
      await writeFile(path, bytes);
      waiting.set(path, newSending('import', recipe, bytes));
    }
    while (waiting.size > 0) {
      if (this.#desk.giveUp.aborted) {
        this.#desk.ledger.lose('server', `${waiting.size} files could not be imported in time.`);
        return;
      }
      await this.#importOnce(folder, waiting);
      if (waiting.size > 0) await sleep(PAUSE_MS);
    }
    await rm(folder, { recursive: true });
  }

  /** What the command says to be stored counts as promised, even when it is killed afterwards. */
  async #importOnce(folder: string, waiting: Map<string, Sending>): Promise<void> {
    const child = spawnVrp(['import', folder, '--recursive', '--json'], this.#env, 'ignore');
    this.#running = child;
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    this.#running = undefined;
    for (const outcome of outcomesIn(said)) {
      const sending = waiting.get(outcome.file);
      if (!sending || outcome.status === 'rejected' || outcome.error) continue;
      waiting.delete(outcome.file);
      sending.recordingId = outcome.id ?? null;
      sending.acknowledgedBytes = sending.sizeBytes;
      await this.#desk.ledger.imported(sending);
      if (outcome.checksum !== sending.checksum) {
        const message = `${outcome.file} was imported with the checksum ${outcome.checksum}, it has ${sending.checksum}.`;
        this.#desk.ledger.lose('differing-bytes', message, sending.sizeBytes);
      }
    }
  }
}

/** Whole lines only: the last one of a killed command may be cut. */
function outcomesIn(said: string): ImportOutcome[] {
  return said
    .slice(0, said.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{"file"'))
    .map((line) => JSON.parse(line) as ImportOutcome);
}
