// Imports generated WAV files through the library (hash, probe, peaks, durable, catalogued), beside what people do by hand with the same files (cp, openssl dgst
// -sha256, sync), and with --peers beside the tools that keep files with checksums, as far as they are installed.
// Prints megabytes per second, the ratio and the CPU time that a gigabyte takes; the tools in turn.
// node bench/import.ts [files] [megabytes each] [rounds] [--peers]      one big file: node bench/import.ts 1 4500 1
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { IMPORTS_AT_ONCE } from '../src/cli/local-door.ts';
import { eachAtOnce } from '../src/model/each-at-once.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { writeSparseWav } from '../test/sparse-wav.ts';
import { isInstalled, PEERS, type Peer } from './import-peers.ts';

// As bin/vrp.js does; read when the pool starts, at the first asynchronous call.
process.env['UV_THREADPOOL_SIZE'] ??= '64';
const BY_HAND: Peer = {
  name: 'cp + openssl dgst + sync',
  program: 'openssl',
  leastRatio: 1.2,
  script: 'mkdir "$2" && cp "$1"/*.wav "$2"/ && openssl dgst -sha256 "$2"/*.wav > "$2"/sums && sync -f "$2"',
};
const BIG_FILE_RATIO = 1;
const PIECE_BYTES = 8 * 1024 * 1024;
/** USER_HZ, the same on all machines that run Linux today. */
const CLOCK_TICKS_PER_SECOND = 100;

const { values, positionals } = parseArgs({
  options: { peers: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [count = 300, megabytes = 3, rounds = 5] = positionals.map(Number);

interface Figure {
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGb: number;
}

const folder = mkdtempSync(join(tmpdir(), 'vrp-bench-import-'));
process.env['VRP_STATE_DIR'] = join(folder, 'state');
try {
  const [inbox, warmUp] = [join(folder, 'inbox'), join(folder, 'warm-up')];
  const totalBytes = makeFiles(inbox, count, megabytes);
  makeFiles(warmUp, IMPORTS_AT_ONCE, 1);
  const peers = [BY_HAND, ...(values.peers ? PEERS : [])].filter(isInstalled);
  const figures = new Map<string, Figure[]>();
  const note = (name: string, figure: Figure) => figures.set(name, [...(figures.get(name) ?? []), figure]);
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) note(peer.name, measurePeer(peer, inbox, totalBytes));
    note('import', await importAll(inbox, warmUp, totalBytes, join(folder, `store-${round}`)));
  }
  report(figures, peers);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function report(figures: ReadonlyMap<string, readonly Figure[]>, peers: readonly Peer[]): void {
  console.log(
    `${count} WAV files of ${megabytes} MB, ${IMPORTS_AT_ONCE} imports at once; median of ${rounds} rounds`,
  );
  const ours = figures.get('import') ?? [];
  line('import', ours, '');
  for (const peer of peers) {
    const theirs = figures.get(peer.name) ?? [];
    const rates = ours.map(
      (own, round) => own.megabytesPerSecond / (theirs[round]?.megabytesPerSecond ?? Number.NaN),
    );
    const leastRatio = count === 1 && peer === BY_HAND ? BIG_FILE_RATIO : peer.leastRatio;
    const toReach = leastRatio === null ? 'reported only' : `to reach: ${leastRatio}`;
    line(peer.name, theirs, `import is ${median(rates).toFixed(2)} x as fast (${toReach})`);
  }
  console.log(`memory                    ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB at most`);
}

function line(name: string, figures: readonly Figure[], remark: string): void {
  const rate = median(figures.map(({ megabytesPerSecond }) => megabytesPerSecond)).toFixed(0);
  const cpu = median(figures.map(({ cpuSecondsPerGb }) => cpuSecondsPerGb)).toFixed(2);
  console.log(`${name.padEnd(25)} ${rate.padStart(5)} MB/s   ${cpu.padStart(6)} CPU s/GB   ${remark}`);
}

function makeFiles(inbox: string, count: number, megabytes: number): number {
  mkdirSync(inbox);
  let totalBytes = 0;
  for (let index = 0; index < count; index++) {
    const path = join(inbox, `${String(index).padStart(5, '0')}.wav`);
    totalBytes += writeSparseWav(path, (megabytes * 1e6) / (48_000 * 4));
    fillWithNoise(path, totalBytes / (index + 1));
  }
  execFileSync('sync', ['-f', inbox]);
  return totalBytes;
}

/** Real bytes, everywhere different, behind the header. */
function fillWithNoise(path: string, sizeBytes: number): void {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const file = openSync(path, 'r+');
  for (let at = 4096; at < sizeBytes; at += piece.length) {
    randomFillSync(piece);
    writeSync(file, piece, 0, Math.min(piece.length, sizeBytes - at), at);
  }
  closeSync(file);
}

function measurePeer({ script, prepare }: Peer, inbox: string, totalBytes: number): Figure {
  const home = mkdtempSync(join(folder, 'peer-'));
  const run = (text: string) =>
    execFileSync('sh', ['-ec', text, 'sh', inbox, join(home, 'target')], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: home, BEETSDIR: home, RESTIC_PASSWORD: 'bench', BORG_BASE_DIR: home },
    });
  try {
    if (prepare !== undefined) run(prepare);
    const [startMs, startCpu] = [performance.now(), childrenCpuSeconds()];
    run(script);
    return figureOf(totalBytes, performance.now() - startMs, childrenCpuSeconds() - startCpu);
  } finally {
    // git-annex takes the right to write from what it keeps.
    execFileSync('chmod', ['-R', 'u+w', home]);
    rmSync(home, { recursive: true });
  }
}

/** From the first file to the last outcome; the store is open before, and its threads and its child run. */
async function importAll(
  inbox: string,
  warmUp: string,
  totalBytes: number,
  dataDir: string,
): Promise<Figure> {
  const recorder = await openVoiceRecorder({ environment: 'production', dataDir, runsJobs: false });
  const importEach = (names: string) =>
    eachAtOnce(readdirSync(names), IMPORTS_AT_ONCE, async (name) => {
      const outcome = await recorder.library.importFile(join(names, name));
      if (outcome.status !== 'stored') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    });
  await importEach(warmUp);
  const childrenBefore = childrenCpuSeconds();
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  let elapsedMs: number;
  let ownCpu: NodeJS.CpuUsage;
  try {
    await importEach(inbox);
    elapsedMs = performance.now() - startMs;
    requirePeaks(join(dataDir, 'derived'), readdirSync(inbox).length);
    ownCpu = process.cpuUsage(startCpu);
  } finally {
    await recorder.close();
    rmSync(dataDir, { recursive: true });
  }
  const ownSeconds = (ownCpu.user + ownCpu.system) / 1e6;
  return figureOf(totalBytes, elapsedMs, ownSeconds + childrenCpuSeconds() - childrenBefore);
}

function requirePeaks(folder: string, count: number): void {
  const found = globSync('*/peaks.vpk', { cwd: folder }).length;
  if (found < count) throw new Error(`Expected peaks of ${count} files, found those of ${found}.`);
}

function figureOf(totalBytes: number, elapsedMs: number, cpuSeconds: number): Figure {
  return {
    megabytesPerSecond: totalBytes / 1000 / elapsedMs,
    cpuSecondsPerGb: cpuSeconds / (totalBytes / 1e9),
  };
}

/** Of all children that have ended. Linux tells it (proc(5), `cutime` and `cstime`); elsewhere it is not known. */
function childrenCpuSeconds(): number {
  if (process.platform !== 'linux') return Number.NaN;
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / CLOCK_TICKS_PER_SECOND;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
