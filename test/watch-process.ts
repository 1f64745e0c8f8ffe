// Loaded into a program by `NODE_OPTIONS=--import`: notes at its end how much memory it took and how long its event
// loop stood still, in the file that VRP_WATCH_FILE names. SIGUSR2: only what comes from now on counts for the loop.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** A time in which the event loop did not come round. */
export interface Stall {
  /** Since the start of the process. */
  readonly atMs: number;
  readonly gapMs: number;
  /** How much of it the thread was computing; the rest it waited for its turn on the machine. */
  readonly computingMs: number;
}

/** What a whole process took. */
export interface ProcessFigures {
  /** Its largest resident set, MB of 10^6 bytes. */
  readonly peakMb: number;
  /** The longest ones by computing, after the program was loaded. */
  readonly stalls: readonly Stall[];
}

const TICK_MS = 5;
const KEPT = 5;
const file = process.env['VRP_WATCH_FILE'];

if (file !== undefined && isMainThread) {
  let stalls: readonly Stall[] = [];
  // The catalogue's first thread: by then all modules are loaded.
  process.once('worker', () => watchLoop((stall) => (stalls = keepLongest([...stalls, stall]))));
  process.on('SIGUSR2', () => {
    stalls = [];
  });
  process.on('exit', () => {
    const peakMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
    writeFileSync(file, JSON.stringify({ peakMb, stalls } satisfies ProcessFigures));
  });
}

function watchLoop(onRound: (stall: Stall) => void): void {
  let seenMs = performance.now();
  let seenCpu = process.threadCpuUsage();
  setInterval(() => {
    const nowMs = performance.now();
    const cpu = process.threadCpuUsage();
    const gapMs = nowMs - seenMs;
    const computedMs = (cpu.user + cpu.system - seenCpu.user - seenCpu.system) / 1000;
    onRound({ atMs: seenMs, gapMs, computingMs: Math.min(gapMs, computedMs) });
    [seenMs, seenCpu] = [nowMs, cpu];
  }, TICK_MS).unref();
}

function keepLongest(stalls: readonly Stall[]): readonly Stall[] {
  return stalls.toSorted((a, b) => b.computingMs - a.computingMs).slice(0, KEPT);
}
