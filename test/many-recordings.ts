import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { wavHeader } from '../src/crashtest/made-audio.ts';
import { seededRandom } from '../src/crashtest/seeded-random.ts';
import type { Recording } from '../src/model/recording.ts';
import { sidecarKey, sidecarText } from '../src/model/sidecar.ts';
import { someRecording } from './some-recording.ts';

const SAMPLE_RATE_HZ = 8_000;
const SAMPLES = 400;
const MINUTES_APART = 37;
const FIRST_MS = Date.parse('2012-01-02T03:04:05.678Z');
const WORDS = [
  'harbour',
  'mill',
  'flood',
  'school',
  'winter',
  'market',
  'orchard',
  'railway',
  'wedding',
  'ferry',
];

/**
 * Puts `count` short recordings into the folders of a store, each with bytes of its own and its sidecar, as years of
 * use leave them. Nothing is synced, and there is no catalogue.
 */
export function makeManyRecordings(dataDir: string, count: number, seed: number): void {
  const random = seededRandom(seed);
  const folders = new Set<string>();
  for (let index = 0; index < count; index++) {
    const recording = makeOne(index, random);
    const path = join(dataDir, recording.storedFilename);
    if (!folders.has(dirname(path))) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      folders.add(dirname(path));
    }
    const bytes = wavOf(index, seed);
    const checksum = createHash('sha256').update(bytes).digest('hex');
    const whole = { ...recording, checksum, audioChecksum: checksum, filesizeBytes: bytes.length };
    writeFileSync(path, bytes, { mode: 0o600 });
    writeFileSync(join(dataDir, sidecarKey(recording.storedFilename)), sidecarText(whole), { mode: 0o600 });
  }
}

function makeOne(index: number, random: () => number): Recording {
  const createdAtMs = FIRST_MS + index * MINUTES_APART * 60_000;
  const createdAt = new Date(createdAtMs).toISOString();
  const id = idOf(createdAtMs, random);
  const stamp = createdAt.replace(/\.\d+/, '').replace(/[-:]/g, '');
  const word = () => WORDS[Math.floor(random() * WORDS.length)] ?? '';
  return someRecording({
    id,
    status: 'active',
    title: `Interview ${index}: the ${word()} and the ${word()}`,
    filename: `Interview_${index}.wav`,
    storedFilename: `raw/${createdAt.slice(0, 4)}/${createdAt.slice(5, 7)}/${stamp}-${id}.wav`,
    duration: SAMPLES / SAMPLE_RATE_HZ,
    sampleRateHz: SAMPLE_RATE_HZ,
    bitRateBps: SAMPLE_RATE_HZ * 16,
    tags: [...new Set([word(), word(), `year ${createdAt.slice(0, 4)}`])],
    notes: Array.from({ length: 40 }, word).join(' '),
    markers: [{ atSeconds: 0.01, label: word() }],
    // Measured long ago, so that no server has that to do.
    audioChecksumMethod: 'packets-v1',
    silenceShare: 0.25,
    createdAt,
    recordedAt: createdAt,
    recordedAtSource: 'given',
  });
}

/** As `newId`, but the same ones for the same seed. */
function idOf(nowMs: number, random: () => number): string {
  const time = nowMs.toString(16).padStart(12, '0');
  const rest = Array.from({ length: 19 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
}

function wavOf(index: number, seed: number): Buffer {
  const data = Buffer.alloc(SAMPLES * 2);
  for (let at = 0; at < SAMPLES; at++) data.writeInt16LE(((at * 37 + index * 11) % 4_001) - 2_000, at * 2);
  data.writeInt32LE(index, 0);
  data.writeInt32LE(seed, 4);
  return Buffer.concat([wavHeader(data.length, SAMPLE_RATE_HZ), data]);
}
