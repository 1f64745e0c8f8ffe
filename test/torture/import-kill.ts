import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../voice-wav.ts';
import type { ImportChildLine } from './import-child.ts';
import { readSaid } from './said-line.ts';

/*
 * Kills a process that imports files, again and again, at moments a seed decides: while it opens the store, while it
 * settles what its forerunner left, and most often while it copies, places and enters. Each next process must find
 * every file whole and catalogued once, or still where it came from.
 */

export interface ImportKillReport {
  readonly seed: number;
  readonly rounds: number;
  readonly kills: number;
  /** Placings that a crash had cut and the next start settled. */
  readonly settled: number;
  readonly files: number;
  readonly acknowledged: number;
  /** What was promised and not kept; empty when all is well. */
  readonly broken: readonly string[];
}

export interface ImportKillOptions {
  readonly seed: number;
  /** Processes to be killed; as many as `seconds` allow when not given. */
  readonly rounds?: number;
  readonly seconds?: number;
}

const childPath = fileURLToPath(new URL('./import-child.ts', import.meta.url));
const FILES_A_ROUND = 5;
// A process that settles and checks takes no longer than this; one that hangs is a broken promise.
const PATIENCE_MS = 120_000;

export async function run(options: ImportKillOptions): Promise<ImportKillReport> {
  const home = await mkdtemp(join(tmpdir(), 'vrp-import-kill-'));
  try {
    return await new ImportTorture(home, options.seed).run(options);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

class ImportTorture {
  readonly #home: string;
  readonly #inbox: string;
  readonly #seed: number;
  readonly #random: () => number;
  /** Where each content was put, by checksum. */
  readonly #sources = new Map<string, string[]>();
  readonly #acknowledged = new Set<string>();
  readonly #broken: string[] = [];
  #kills = 0;
  #settled = 0;
  #fileCount = 0;

  constructor(home: string, seed: number) {
    this.#home = home;
    this.#inbox = join(home, 'inbox');
    this.#seed = seed;
    this.#random = seededRandom(seed);
    mkdirSync(this.#inbox, { recursive: true });
  }

  async run({
    rounds = Number.POSITIVE_INFINITY,
    seconds = 600,
  }: ImportKillOptions): Promise<ImportKillReport> {
    const deadlineMs = performance.now() + seconds * 1000;
    let done = 0;
    for (; done < rounds && performance.now() < deadlineMs && this.#broken.length === 0; done++) {
      this.#putFiles();
      await this.#runChild(this.#random() < 0.15 ? 'start' : 'import');
    }
    // One that is left alone finishes the rest, and one more looks at the result.
    await this.#runChild('never');
    await this.#runChild('never');
    this.#checkSources();
    for (const checksum of this.#sources.keys()) {
      if (!this.#acknowledged.has(checksum)) this.#broken.push(`${checksum} was never imported`);
    }
    return {
      seed: this.#seed,
      rounds: done,
      kills: this.#kills,
      settled: this.#settled,
      files: this.#fileCount,
      acknowledged: this.#acknowledged.size,
      broken: this.#broken,
    };
  }

  #putFiles(): void {
    for (let count = 0; count < FILES_A_ROUND; count++) {
      const known = [...this.#sources.keys()];
      const repeatOf = this.#random() < 0.15 ? known[Math.floor(this.#random() * known.length)] : undefined;
      const seedOfContent = repeatOf === undefined ? this.#fileCount : this.#contentSeeds.get(repeatOf);
      const bytes = noiseWav(this.#seed + (seedOfContent ?? 0));
      const checksum = createHash('sha256').update(bytes).digest('hex');
      this.#contentSeeds.set(checksum, seedOfContent ?? 0);
      const path = join(this.#inbox, `${String(this.#fileCount++).padStart(6, '0')}.wav`);
      writeFileSync(path, bytes);
      this.#sources.set(checksum, [...(this.#sources.get(checksum) ?? []), path]);
    }
  }
  readonly #contentSeeds = new Map<string, number>();

  async #runChild(death: 'start' | 'import' | 'never'): Promise<void> {
    const isMove = death === 'never' || this.#random() < 0.7;
    const child = spawn(process.execPath, [childPath, this.#home, isMove ? 'move' : 'copy'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    const kill = () => {
      if (child.exitCode === null && child.kill('SIGKILL')) this.#kills++;
    };
    const patience = setTimeout(() => {
      this.#broken.push('a process hung');
      child.kill('SIGKILL');
    }, PATIENCE_MS);
    const startDelayMs = this.#random() * 1500;
    const importDelayMs = this.#random() ** 2 * 400;
    if (death === 'start') sleep(startDelayMs).then(kill);
    let isDone = false;
    for await (const text of createInterface({ input: child.stdout })) {
      const line = readSaid<ImportChildLine>(text);
      if (line?.kind === 'checked') {
        this.#settled += line.settled;
        this.#broken.push(...line.broken);
        this.#expectAcknowledged(new Set(line.stored));
        if (death === 'import') sleep(importDelayMs).then(kill);
      } else if (line?.kind === 'outcome') this.#note(line.outcome);
      else if (line?.kind === 'done') isDone = true;
    }
    await ended;
    clearTimeout(patience);
    if (death === 'never' && !isDone)
      this.#broken.push(`a process that nobody killed ended early (${child.exitCode})`);
    this.#checkSources();
  }

  #note(outcome: { status: string; checksum?: string; file: string; error?: { code: string } }): void {
    if (outcome.status === 'rejected' || outcome.error) {
      this.#broken.push(`${outcome.file} was refused: ${outcome.error?.code}`);
    }
    if (outcome.checksum !== undefined) this.#acknowledged.add(outcome.checksum);
  }

  #stored: ReadonlySet<string> = new Set();

  #expectAcknowledged(stored: ReadonlySet<string>): void {
    this.#stored = stored;
    for (const checksum of this.#acknowledged) {
      if (!stored.has(checksum)) this.#broken.push(`${checksum} was acknowledged and is gone`);
    }
    for (const checksum of stored) {
      if (!this.#sources.has(checksum)) this.#broken.push(`${checksum} was never brought in`);
      // What was moved in before the process could say so.
      this.#acknowledged.add(checksum);
    }
  }

  /** A source is there, or its bytes were seen in the catalogue or acknowledged; else the next check must show them. */
  #checkSources(): void {
    for (const [checksum, paths] of this.#sources) {
      if (paths.some((path) => existsSync(path)) || this.#stored.has(checksum)) continue;
      // Moved, but no process looked since: from now on it counts as acknowledged.
      this.#acknowledged.add(checksum);
    }
  }
}

/** 16-bit noise of 20 ms to 20 s, mostly short. */
function noiseWav(seed: number): Buffer {
  const random = seededRandom(seed * 7919 + 17);
  const dataBytes = 2 * Math.round(160 * 1000 ** (random() ** 2));
  const bytes = Buffer.alloc(44 + dataBytes);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + dataBytes, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(16_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(dataBytes, 40);
  for (let at = 44; at < bytes.length; at += 2) bytes.writeUInt16LE(Math.floor(random() * 65_536), at);
  return bytes;
}
