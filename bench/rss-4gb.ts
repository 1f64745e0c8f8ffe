// Memory that one RF64 file of 4.5 GB needs, each step in a process of its own: probe and hash, peaks, and as one asks
// for them loudness and the way into a store. The file is sparse; what is read of it is as long as a real one.
// node bench/rss-4gb.ts [loudness] [import]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSparseWav } from '../test/sparse-wav.ts';

const MAX_MB = 150;
const SECONDS = 23_438;
const ON_REQUEST: ReadonlySet<string> = new Set(['loudness', 'import']);
type Step = (path: string, folder: string, onChild: (processId: number) => void) => Promise<unknown>;

const STEPS: Readonly<Record<string, Step>> = {
  'probe and SHA-256': async (path) => {
    const { FileMetadataCalculator } = await import('../src/file-metadata-calculator.ts');
    return (await FileMetadataCalculator.calculate(path)).duration;
  },
  peaks: async (path, folder, onChild) => {
    const { openMedia } = await import('../src/media/open-media.ts');
    await using media = closing(openMedia({ onEvent: ({ processId }) => onChild(processId) }));
    return (await media.peaks(path, join(folder, 'peaks.vpk'))).pairCount / 100;
  },
  loudness: async (path, _, onChild) => {
    const { openMedia } = await import('../src/media/open-media.ts');
    await using media = closing(openMedia({ onEvent: ({ processId }) => onChild(processId) }));
    return (await media.measure(path)).silenceShare;
  },
  import: async (path, folder) => {
    const { keepHeapSmall } = await import('../src/cli/lean-heap.ts');
    // As `vrp import` does.
    keepHeapSmall();
    const { openVoiceRecorder } = await import('../src/open.ts');
    const dataDir = join(folder, 'store');
    await using recorder = closing(
      await openVoiceRecorder({
        environment: 'production',
        dataDir,
        overrides: { stateDir: join(folder, 'state') },
        runsJobs: false,
      }),
    );
    return (await recorder.library.importFile(path)).status;
  },
};

const [option, name = '', file = '', scratch = ''] = process.argv.slice(2);
if (option === '--step') await runStep(name, file, scratch);
else runAll();

function runAll(): void {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-bench-rss-'));
  // What strips the types of our source takes some 40 MB that a built package does not; so they are stripped before.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled'), UV_THREADPOOL_SIZE: '64' };
  const step = (name: string, path: string) => {
    const script = fileURLToPath(import.meta.url);
    const answer = execFileSync(process.execPath, [script, '--step', name, path, folder], { env });
    return JSON.parse(answer.toString()) as { answer: unknown; seconds: number; mb: number; childMb: number };
  };
  let highestMb = 0;
  try {
    const [short, long] = [join(folder, 'short.wav'), join(folder, 'long.wav')];
    writeSparseWav(short, 1);
    const sizeBytes = writeSparseWav(long, SECONDS);
    console.log(`One RF64 file of ${(sizeBytes / 1e9).toFixed(2)} GB, ${(SECONDS / 3600).toFixed(1)} hours`);
    for (const name of Object.keys(STEPS)) {
      if (ON_REQUEST.has(name) && !process.argv.includes(name)) continue;
      step(name, short);
      const { answer, seconds, mb, childMb } = step(name, long);
      highestMb = Math.max(highestMb, mb, childMb);
      const child = childMb > 0 ? `, its media child ${childMb} MB` : '';
      console.log(
        `${name.padEnd(18)} ${String(answer).padEnd(7)} ${seconds.toFixed(1)} s   ${mb} MB${child}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`${highestMb} MB at most (to reach: ${MAX_MB})`);
  process.exitCode = highestMb <= MAX_MB ? 0 : 1;
}

async function runStep(name: string, path: string, folder: string): Promise<void> {
  let childBytes = 0;
  let childId = 0;
  // A child ends with its work: its memory is looked at while it runs.
  const look = setInterval(() => {
    childBytes = Math.max(childBytes, highWaterBytes(childId));
  }, 50);
  const startMs = performance.now();
  const answer = await STEPS[name]?.(path, folder, (processId) => {
    childId ||= processId;
  });
  const seconds = (performance.now() - startMs) / 1000;
  clearInterval(look);
  const mb = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
  console.log(JSON.stringify({ answer, seconds, mb, childMb: Math.round(childBytes / 1e6) }));
}

function highWaterBytes(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'latin1');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function closing<T extends { close(): Promise<void> }>(open: T): T & AsyncDisposable {
  return Object.assign(open, { [Symbol.asyncDispose]: () => open.close() });
}
