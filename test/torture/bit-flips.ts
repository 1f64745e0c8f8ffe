import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, wholeNumber } from '../../src/crashtest/seeded-random.ts';
import type { Recording } from '../../src/model/recording.ts';
import type { FixityCheck } from '../../src/model/verification.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { makeWav } from '../audio-fixtures.ts';
import { runVrp } from '../vrp-process.ts';

export interface BitFlipReport {
  readonly files: number;
  readonly flipped: number;
  /** Of the flipped ones: named by `vrp verify` as damaged, with path and both checksums. */
  readonly found: number;
  readonly falselyNamed: number;
  readonly broken: readonly string[];
}

const LONGEST_SECONDS = 8;

/**
 * Flips one random bit in each of `flips` stored files, and leaves as many others alone: `vrp verify` must name exactly
 * those, and none of them any more once the bits are flipped back.
 */
export async function run({ seed, flips = 200 }: { seed: number; flips?: number }): Promise<BitFlipReport> {
  const random = seededRandom(seed);
  const home = await mkdtemp(join(tmpdir(), 'vrp-flips-'));
  const folders = { dataDir: join(home, 'data'), stateDir: join(home, 'state') };
  const broken: string[] = [];
  try {
    const kept = await fill(folders, home, flips * 2, random);
    const harmed = shuffled(kept, random).slice(0, flips);
    const flipped = new Map(harmed.map((recording) => [recording.id, place(recording, random)]));
    await flipAll(folders.dataDir, harmed, flipped);
    const { exitCode, stdout } = await runVrp(folders, ['verify', '--json']);
    if (exitCode !== 1) broken.push(`vrp verify ended with ${exitCode}, expected 1.`);
    const checks = new Map(linesOf(stdout).map((check) => [check.id, check]));
    let found = 0;
    let falselyNamed = 0;
    for (const recording of kept) {
      const fault = judge(recording, checks.get(recording.id), flipped.has(recording.id));
      if (fault !== undefined) broken.push(fault);
      else if (flipped.has(recording.id)) found += 1;
      if (!flipped.has(recording.id) && checks.get(recording.id)?.result !== 'ok') falselyNamed += 1;
    }
    await flipAll(folders.dataDir, harmed, flipped);
    const again = await runVrp(folders, ['verify', '--json']);
    if (again.exitCode !== 0)
      broken.push(`With all bits flipped back, vrp verify ended with ${again.exitCode}.`);
    return { files: kept.length, flipped: flipped.size, found, falselyNamed, broken };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function judge(recording: Recording, check: FixityCheck | undefined, isFlipped: boolean): string | undefined {
  const { id, storedFilename, checksum } = recording;
  if (check?.storedFilename !== storedFilename || check.expected !== checksum)
    return `${id} was not checked.`;
  const isRight = isFlipped
    ? check.result === 'damaged' && /^[0-9a-f]{64}$/.test(check.found ?? '') && check.found !== checksum
    : check.result === 'ok' && check.found === checksum;
  return isRight
    ? undefined
    : `${id}, ${isFlipped ? 'with a flipped bit' : 'untouched'}, was called ${check.result}.`;
}

interface Place {
  readonly offset: number;
  readonly bit: number;
}

function place({ filesizeBytes }: Recording, random: () => number): Place {
  return { offset: wholeNumber(random, 0, filesizeBytes - 1), bit: wholeNumber(random, 0, 7) };
}

async function flipAll(dataDir: string, harmed: readonly Recording[], places: ReadonlyMap<string, Place>) {
  for (const { id, storedFilename } of harmed) {
    const where = places.get(id);
    if (!where) throw new Error(`no place was chosen in ${id}`);
    const file = await open(join(dataDir, storedFilename), 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, where.offset);
    byte[0] = (byte[0] ?? 0) ^ (1 << where.bit);
    await file.write(byte, 0, 1, where.offset);
    await file.close();
  }
}

async function fill(
  folders: { readonly dataDir: string; readonly stateDir: string },
  home: string,
  count: number,
  random: () => number,
): Promise<Recording[]> {
  const recorder = await openVoiceRecorder({
    environment: 'testing',
    dataDir: folders.dataDir,
    overrides: { stateDir: folders.stateDir },
    runsJobs: false,
  });
  try {
    const kept: Recording[] = [];
    for (let i = 0; i < count; i++) {
      const path = join(home, 'next.wav');
      const pitch = 100 + i;
      const sample = (frame: number) => Math.sin((frame * 2 * Math.PI * pitch) / 16_000) * 0.5;
      await writeFile(path, makeWav({ seconds: 0.1 + random() * LONGEST_SECONDS, sample }));
      const { id, error } = await recorder.library.importFile(path);
      const recording = id === undefined ? undefined : await recorder.library.find(id);
      if (!recording) throw new Error(`nothing was stored: ${error?.message}`);
      kept.push(recording);
    }
    return kept;
  } finally {
    await recorder.close();
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function linesOf(text: string): FixityCheck[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FixityCheck);
}
