import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { seededBytes } from '../spool-desk.ts';
import { seededRandom } from '../voice-wav.ts';
import { readSaid } from './said-line.ts';
import type { ChildLine, ChildOrder } from './uploads-child.ts';

/*
 * Kills a process that receives uploads, again and again, and looks each time whether every acknowledged byte is
 * there: in the files themselves, in what the next process says, and in the finished recordings. Every other death is
 * a power cut, in which what was not synced is lost in part and out of order.
 */

interface Upload {
  readonly id: string;
  readonly seed: number;
  readonly sizeBytes: number;
  safeBytes: number;
  isFinished: boolean;
}

export interface KillReport {
  readonly seed: number;
  readonly kills: number;
  readonly powerCuts: number;
  readonly lostBlocks: number;
  readonly acknowledgements: number;
  readonly acknowledgedBytes: number;
  readonly finished: number;
  readonly imported: number;
  /** What was acknowledged and is not there; empty when the promise was kept. */
  readonly broken: readonly string[];
}

const childPath = fileURLToPath(new URL('./uploads-child.ts', import.meta.url));

export interface UploadsKillOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Processes to be killed; as many as `seconds` allow when not given. */
  readonly rounds?: number;
}

export async function run(options: UploadsKillOptions): Promise<KillReport> {
  const root = await mkdtemp(join(tmpdir(), 'vrp-kill-'));
  try {
    return await new Torture(root, options.seed).run(options);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

class Torture {
  readonly #root: string;
  readonly #seed: number;
  readonly #random: () => number;
  readonly #uploads = new Map<string, Upload>();
  readonly #imported = new Map<string, string>();
  readonly #broken: string[] = [];
  readonly #figures = {
    kills: 0,
    powerCuts: 0,
    lostBlocks: 0,
    acknowledgements: 0,
    acknowledgedBytes: 0,
    finished: 0,
  };

  constructor(root: string, seed: number) {
    this.#root = root;
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  async run({ seconds, rounds = Number.POSITIVE_INFINITY }: UploadsKillOptions): Promise<KillReport> {
    const end = performance.now() + seconds * 1000;
    for (let round = 0; round < rounds && performance.now() < end && this.#broken.length === 0; round++) {
      const isPowerCut = round % 2 === 1;
      await this.#live(round, isPowerCut, false);
      if (isPowerCut) this.#figures.powerCuts++;
      else this.#figures.kills++;
      if (!isPowerCut) this.#checkSpool();
    }
    await this.#live(-1, false, true);
    this.#checkLibrary();
    return { seed: this.#seed, ...this.#figures, imported: this.#imported.size, broken: this.#broken };
  }

  /** One life of the child, up to its death. */
  async #live(round: number, isPowerCut: boolean, isLast: boolean): Promise<void> {
    const order: ChildOrder = {
      root: this.#root,
      seed: this.#seed * 1000 + round,
      uploads: [...this.#uploads.values()].filter((upload) => !upload.isFinished || this.#random() < 0.1),
      powerCutAfter: isPowerCut ? 1 + Math.floor(this.#random() * 60) : null,
      isLast,
    };
    const child = spawn(process.execPath, [childPath, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => {
      complaint += bytes.toString();
    });
    const died = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    for await (const text of createInterface({ input: child.stdout })) {
      const line = readSaid<ChildLine>(text);
      if (line === undefined) continue;
      this.#hear(line);
      if (line.kind === 'ready' && !isPowerCut) setTimeout(() => child.kill('SIGKILL'), this.#random() * 400);
    }
    const code = await died;
    if (code !== null && code !== 0) this.#broken.push(`the child ended by itself: ${complaint}`);
  }

  #hear(line: ChildLine): void {
    if (line.kind === 'made') {
      this.#uploads.set(line.id, { ...line, safeBytes: 0, isFinished: false });
      return;
    }
    if (line.kind === 'imported') this.#imported.set(line.id, line.checksum);
    if (line.kind === 'lost-blocks') this.#figures.lostBlocks += line.count;
    if (line.kind === 'settled') this.#checkFolders(line.folders);
    if (line.kind !== 'safe' && line.kind !== 'found') return;
    const upload = this.#uploads.get(line.id);
    if (upload === undefined) throw new Error(`The child speaks of ${line.id}, which nobody made.`);
    if (line.offsetBytes < upload.safeBytes) {
      this.#broken.push(
        `${line.id} stands at ${line.offsetBytes}, but ${upload.safeBytes} were acknowledged`,
      );
    }
    if (upload.isFinished && !line.isFinished)
      this.#broken.push(`${line.id} was finished and is not any more`);
    if (line.kind === 'safe') {
      this.#figures.acknowledgements++;
      this.#figures.acknowledgedBytes += line.offsetBytes - upload.safeBytes;
    }
    upload.safeBytes = line.offsetBytes;
    if (line.isFinished && !upload.isFinished) this.#figures.finished++;
    upload.isFinished = line.isFinished;
  }

  /** Between two lives: the acknowledged bytes lie in the spool or, when the end came just then, in the library. */
  #checkSpool(): void {
    for (const upload of this.#uploads.values()) {
      if (upload.isFinished) continue;
      const places = [join(this.#root, 'spool', upload.id, 'data'), join(this.#root, 'library', upload.id)];
      const place = places.find((path) => existsSync(path));
      if (place === undefined && upload.safeBytes > 0) this.#broken.push(`${upload.id} has no bytes at all`);
      if (place === undefined) continue;
      const expected = seededBytes(upload.sizeBytes, upload.seed).subarray(0, upload.safeBytes);
      const found = readFileSync(place).subarray(0, upload.safeBytes);
      if (!found.equals(expected)) this.#broken.push(`${upload.id} has other bytes than were acknowledged`);
    }
  }

  #checkLibrary(): void {
    for (const { id, seed, sizeBytes, isFinished } of this.#uploads.values()) {
      if (!isFinished) continue;
      const bytes = readFileSync(join(this.#root, 'library', id));
      if (!bytes.equals(seededBytes(sizeBytes, seed)))
        this.#broken.push(`recording ${id} has other bytes than were sent`);
    }
    for (const [id, checksum] of this.#imported) {
      const found = createHash('sha256')
        .update(readFileSync(join(this.#root, 'library', id)))
        .digest('hex');
      if (found !== checksum) this.#broken.push(`imported recording ${id} has other bytes than its source`);
    }
  }

  /** At the very end only unfinished uploads have a folder: no orphan, no half import. */
  #checkFolders(folders: readonly string[]): void {
    for (const folder of folders) {
      const upload = this.#uploads.get(folder);
      if (upload === undefined) {
        // Made, but killed before it could say so.
        const data = join(this.#root, 'spool', folder, 'data');
        if (existsSync(data) && readFileSync(data).length === 0) continue;
        this.#broken.push(`the spool holds ${folder}, which nobody knows`);
      } else if (upload.isFinished) {
        this.#broken.push(`the spool still holds ${folder}, which is finished`);
      }
    }
  }
}
