// Re-reads a store of made recordings: one reading thread against `openssl dgst -sha256`, file lists alike and in turns,
// and the whole verification (two threads, log and catalogue included). node bench/scrub.ts [--files N] [--mb SIZE]
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFileHasher } from '../src/blobs/file-checksum.ts';
import { eachAtOnce } from '../src/model/each-at-once.ts';
import { openVoiceRecorder } from '../src/open.ts';

const ROUNDS = 5;
const LANES = 8;
const { values } = parseArgs({
  options: { files: { type: 'string', default: '100' }, mb: { type: 'string', default: '10' } },
});
const fileCount = Number(values.files);
const fileBytes = Number(values.mb) * 1_000_000;

const home = await mkdtemp(join(tmpdir(), 'vrp-scrub-'));
const recorder = await openVoiceRecorder({
  environment: 'testing',
  dataDir: join(home, 'data'),
  overrides: { stateDir: join(home, 'state'), maxFileMb: 0 },
  runsJobs: false,
});
const hasher = openFileHasher({ workerCount: 1 });
try {
  const kept = await fill();
  const paths = kept.map(({ storedFilename }) => join(home, 'data', storedFilename));
  const totalBytes = kept.reduce((sum, { filesizeBytes }) => sum + filesizeBytes, 0);
  console.log(
    `${kept.length} files, ${(totalBytes / 1e6).toFixed(0)} MB, warm; MB/s, median of ${ROUNDS} rounds in turns`,
  );
  const rates = new Map<string, number[]>();
  const ratios: number[] = [];
  const time = async (name: string, work: () => unknown): Promise<number> => {
    const startedAt = performance.now();
    await work();
    const rate = totalBytes / 1000 / (performance.now() - startedAt);
    rates.set(name, [...(rates.get(name) ?? []), rate]);
    return rate;
  };
  for (let round = 0; round <= ROUNDS; round += 1) {
    // The first round only warms the page cache and the threads.
    if (round === 1) rates.clear();
    const openssl = await time('openssl dgst -sha256', () => run('openssl', ['dgst', '-sha256', ...paths]));
    const worker = await time('one reading thread', () =>
      eachAtOnce(paths, LANES, async (path) => {
        await hasher.hashFile(path, undefined, { sizeBytes: fileBytes });
      }),
    );
    if (round > 0) ratios.push(worker / openssl);
    await time('whole verification', () => verifyAll(kept.map(({ id }) => id)));
  }
  await time('sha256sum -c (once)', () => run('sha256sum', paths));
  for (const [name, measured] of rates)
    console.log(`  ${name.padEnd(24)} ${median(measured).toFixed(0).padStart(6)}`);
  console.log(`  one reading thread / openssl: ${median(ratios).toFixed(2)} (to reach: 1.0)`);
} finally {
  await hasher.close();
  await recorder.close();
  await rm(home, { recursive: true, force: true });
}

async function fill() {
  const kept: { id: string; storedFilename: string; filesizeBytes: number }[] = [];
  for (let i = 0; i < fileCount; i += 1) {
    const path = join(home, 'next.wav');
    await writeFile(path, noiseWav(i));
    const { id, error } = await recorder.library.importFile(path);
    const recording = id === undefined ? undefined : await recorder.library.find(id);
    if (!recording) throw new Error(`nothing was stored: ${error?.message}`);
    kept.push(recording);
  }
  return kept;
}

/** 16-bit mono; each file has samples of its own, and none repeats within. */
function noiseWav(seed: number): Buffer {
  const bytes = Buffer.alloc(fileBytes - (fileBytes % 2));
  let state = seed + 1;
  for (let at = 44; at + 4 <= bytes.length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  bytes.write('RIFF\0\0\0\0WAVEfmt ', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(48_000, 24);
  bytes.writeUInt32LE(96_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(bytes.length - 44, 40);
  return bytes;
}

async function verifyAll(ids: readonly string[]): Promise<void> {
  await eachAtOnce(ids, LANES, async (id) => {
    const { result, message } = await recorder.verification.verify(id);
    if (result !== 'ok') throw new Error(message ?? result);
  });
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? status}`);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
