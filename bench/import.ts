// Imports generated WAV files through the library, beside what people do by hand with the same files:
// cp, openssl dgst -sha256, sync. Prints megabytes per second and the ratio, the tools in turn.
// node bench/import.ts [files] [megabytes each] [rounds]
import { execFileSync, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachAtOnce } from '../src/model/each-at-once.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { wavBytes } from '../test/voice-wav.ts';

// As bin/vrp.js does; read when the pool starts, at the first asynchronous call.
process.env['UV_THREADPOOL_SIZE'] ??= '64';
const RATIO_TO_REACH = 1.2;
const IMPORTS_AT_ONCE = 2;
const [count = 100, megabytes = 3, rounds = 3] = process.argv.slice(2).map(Number);

const folder = mkdtempSync(join(tmpdir(), 'vrp-bench-import-'));
process.env['VRP_STATE_DIR'] = join(folder, 'state');
try {
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox);
  const totalBytes = makeFiles(inbox);
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (hasOpenssl) theirs.push(totalBytes / 1e6 / copyByHand(inbox, join(folder, `copy-${round}`)));
    ours.push(totalBytes / 1e6 / (await importAll(inbox, join(folder, `store-${round}`))));
  }
  console.log(`${count} WAV files of ${megabytes} MB, median of ${rounds} rounds, tools in turn`);
  console.log(`importFile, ${IMPORTS_AT_ONCE} at once         ${median(ours).toFixed(0)} MB/s`);
  if (hasOpenssl) {
    const ratio = median(ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)));
    console.log(`cp + openssl dgst + sync       ${median(theirs).toFixed(0)} MB/s`);
    console.log(`ratio                          ${ratio.toFixed(2)} (to reach: ${RATIO_TO_REACH})`);
  } else console.log('openssl is not on the path: no ratio.');
  console.log(
    `memory                         ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB at most`,
  );
} finally {
  rmSync(folder, { recursive: true });
}

function makeFiles(inbox: string): number {
  const samples = new Float32Array(Math.round((megabytes * 1e6 - 44) / 2));
  let totalBytes = 0;
  const bytes = wavBytes(samples, 48_000);
  for (let index = 0; index < count; index++) {
    randomFillSync(bytes, 44);
    writeFileSync(join(inbox, `${String(index).padStart(5, '0')}.wav`), bytes);
    totalBytes += bytes.length;
  }
  execFileSync('sync', ['-f', inbox]);
  return totalBytes;
}

/** Seconds. */
function copyByHand(inbox: string, target: string): number {
  mkdirSync(target);
  const startMs = performance.now();
  const script = 'cp "$1"/*.wav "$2"/ && openssl dgst -sha256 "$2"/*.wav > "$2"/sums && sync -f "$2"';
  execFileSync('sh', ['-c', script, 'sh', inbox, target]);
  const seconds = (performance.now() - startMs) / 1000;
  rmSync(target, { recursive: true });
  return seconds;
}

/** Seconds, from the first file to the last outcome; the store is open before. */
async function importAll(inbox: string, dataDir: string): Promise<number> {
  const recorder = await openVoiceRecorder({ environment: 'production', dataDir, runsJobs: false });
  try {
    const files = readdirSync(inbox);
    const startMs = performance.now();
    await eachAtOnce(files, IMPORTS_AT_ONCE, async (name) => {
      const outcome = await recorder.library.importFile(join(inbox, name));
      if (outcome.status !== 'stored') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    });
    return (performance.now() - startMs) / 1000;
  } finally {
    await recorder.close();
    rmSync(dataDir, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
