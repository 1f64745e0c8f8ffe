// Peaks of one hour of audio against FFmpeg decoding it to nothing: node bench/peaks.ts
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openMedia } from '../src/media/open-media.ts';
import { makeWav } from '../test/audio-fixtures.ts';

const SECONDS = 3600;
const ROUNDS = 3;
const CODECS = [
  ['flac', []],
  ['m4a', ['-c:a', 'aac', '-b:a', '128k']],
  ['mp3', ['-c:a', 'libmp3lame', '-b:a', '128k']],
  ['opus', ['-c:a', 'libopus', '-b:a', '96k']],
] as const;

const folder = mkdtempSync(`${tmpdir()}/vrp-bench-`);
let childId = 0;
const media = openMedia({
  onEvent: (event) => {
    if (event.type === 'child-started') childId = event.processId;
  },
});
try {
  const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
  const wav = writeHour(`${folder}/hour.wav`);
  await measure('wav', wav, hasFfmpeg);
  for (const [extension, options] of hasFfmpeg ? CODECS : []) {
    const path = `${folder}/hour.${extension}`;
    execFileSync('ffmpeg', ['-v', 'error', '-i', wav, ...options, path]);
    await measure(extension, path, true);
  }
  if (!hasFfmpeg) console.log('ffmpeg is not on the path: no ratios, no compressed files.');
  console.log(`memory of the child at its highest: ${readHighWaterMb()} MB`);
} finally {
  await media.close();
  rmSync(folder, { recursive: true });
}

async function measure(name: string, path: string, hasFfmpeg: boolean): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await time(() => media.peaks(path, `${folder}/peaks.vpk`)));
    if (hasFfmpeg) {
      const decode = () =>
        execFileSync('ffmpeg', ['-v', 'error', '-threads', '1', '-i', path, '-f', 'null', '-']);
      theirs.push(await time(async () => decode()));
    }
  }
  const own = median(ours);
  const ratio = hasFfmpeg
    ? `, ffmpeg to null ${median(theirs).toFixed(2)} s, ratio ${(own / median(theirs)).toFixed(2)}`
    : '';
  console.log(`${name.padEnd(5)} ${own.toFixed(2)} s${ratio}`);
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

/** Stereo at 44.1 kHz: one second of noise and tone, repeated. */
function writeHour(path: string): string {
  const second = makeWav({
    seconds: 1,
    sampleRateHz: 44_100,
    channels: 2,
    sample: (frame) => Math.sin(frame / 20) * 0.4 + (Math.random() - 0.5) * 0.3,
  });
  const samples = second.subarray(44);
  const head = Buffer.from(second.subarray(0, 44));
  head.writeUInt32LE(samples.length * SECONDS + 36, 4);
  head.writeUInt32LE(samples.length * SECONDS, 40);
  const descriptor = openSync(path, 'wx');
  writeSync(descriptor, head);
  for (let count = 0; count < SECONDS; count += 1) writeSync(descriptor, samples);
  closeSync(descriptor);
  return path;
}

function readHighWaterMb(): string {
  const path = `/proc/${childId}/status`;
  if (!existsSync(path)) return 'unknown';
  const line = execFileSync('grep', ['VmHWM', path], { encoding: 'utf8' });
  return (Number(/\d+/.exec(line)?.[0] ?? 0) / 1000).toFixed(0);
}
