import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Media } from '../../src/media/media.ts';
import { openMedia } from '../../src/media/open-media.ts';
import { failureCodeOf } from '../../src/model/failure.ts';
import { makeFixtures } from '../audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio } from '../corpus.ts';
import { mutateBytes, type Random, seededRandom } from '../mutate-bytes.ts';

const FILE_COUNT = 40;
const MAX_FILE_BYTES = 400_000;
/** What a probe of hostile bytes may take at most (MEASURED.md asks for answers within 2 s on a quiet machine). */
const SILENCE_MS = 20_000;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
/** Every so many files that were kept are also measured and their peaks made, which decodes all of them. */
const DECODED_EVERY = 8;
/** Every so many, whether kept or refused, are looked through for faults and, where there are some, repaired. */
const REPAIRED_EVERY = 8;
const ANSWER = /^(not-audio|audio)-/;
/** What a repair may say besides: that nothing can be done, or that it did not turn out right. */
const REPAIR_ANSWER = /^(not-audio-|audio-|repair-impossible$|media-failed$)/;

interface MutationWish {
  readonly seed: number;
  /** Mutants in all. */
  readonly count: number;
}

/** `broken` names each mutant that broke a promise, in words that make it again. */
interface MutationReport {
  readonly fileCount: number;
  readonly mutantCount: number;
  readonly keptCount: number;
  readonly refusedCount: number;
  readonly decodedCount: number;
  readonly repairedCount: number;
  readonly slowestMs: number;
  readonly grownMb: number;
  readonly broken: readonly string[];
}

/**
 * Flips, cuts, splices and repeats bytes of 40 files of as many kinds as there are and has each mutant probed, and some
 * decoded or repaired, by the media children of this process: none may crash, hang, swell, or answer with anything but facts or a
 * refusal of its own.
 */
export async function run({ seed, count }: MutationWish): Promise<MutationReport> {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-mutants-'));
  const children = new Map<number, Child>();
  const broken: string[] = [];
  let current = 'before the first mutant';
  let isClosing = false;
  let startedBytes = 0;
  const media = openMedia({
    probeLimits: { silenceMs: SILENCE_MS },
    jobLimits: { silenceMs: SILENCE_MS },
    onEvent: ({ type, line, processId, reason }) => {
      // One that takes the place of another begins as large as the others did.
      if (type === 'child-started')
        children.set(processId, { line, beforeBytes: startedBytes, grownBytes: 0 });
      else if (!isClosing && reason !== 'idle')
        broken.push(`${current}: the ${line} child ended (${reason})`);
    },
  });
  let keptCount = 0;
  let decodedCount = 0;
  let repairedCount = 0;
  let slowestMs = 0;
  try {
    const random = seededRandom(seed);
    const sources = chooseSources(folder, random);
    const path = join(folder, 'mutant');
    const likePath = join(folder, 'source');
    await warmUp(media, sources[0]?.bytes ?? Buffer.alloc(0), path);
    for (const [processId, child] of children) {
      child.beforeBytes = highWaterBytes(processId);
      startedBytes = Math.max(startedBytes, child.beforeBytes);
    }
    const noteGrowth = () => {
      for (const [processId, child] of children) {
        const grownBytes = highWaterBytes(processId) - child.beforeBytes;
        if (grownBytes > MAX_GROWTH_BYTES && child.grownBytes <= MAX_GROWTH_BYTES)
          broken.push(`${current}: the ${child.line} child grew by ${mb(grownBytes)} MB`);
        child.grownBytes = Math.max(child.grownBytes, grownBytes);
      }
    };
    for (let round = 0; round < count; round += 1) {
      const source = pick(sources, random);
      const mutation = mutateBytes(source.bytes, pick(sources, random).bytes, random);
      current = `--seed ${seed}, mutant ${round} (${source.name}, ${mutation.kind})`;
      writeFileSync(path, mutation.bytes);
      const startedAt = performance.now();
      const facts = await settle(media.probe(path, 'mutant'));
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      noteGrowth();
      if (round % REPAIRED_EVERY === 0) {
        writeFileSync(likePath, source.bytes);
        const outcome = await settle(repair(media, path, likePath, join(folder, 'repaired')));
        if (outcome === true) repairedCount += 1;
        else if (typeof outcome === 'string' && !REPAIR_ANSWER.test(outcome))
          broken.push(`${current}: repaired, ${outcome}`);
        noteGrowth();
      }
      if (typeof facts === 'string') {
        if (!ANSWER.test(facts)) broken.push(`${current}: ${facts}`);
        continue;
      }
      keptCount += 1;
      const { durationSeconds } = facts;
      if (durationSeconds === null || !Number.isFinite(durationSeconds) || durationSeconds < 0)
        broken.push(`${current}: a length of ${durationSeconds}`);
      if (keptCount % DECODED_EVERY !== 0) continue;
      decodedCount += 1;
      // Both under way before either is awaited: each may be refused first.
      const decoding: Promise<unknown>[] = [
        settle(media.measure(path)),
        settle(media.peaks(path, join(folder, 'peaks'))),
      ];
      for (const work of decoding) {
        const outcome = await work;
        if (typeof outcome === 'string' && !ANSWER.test(outcome))
          broken.push(`${current}: decoded, ${outcome}`);
        noteGrowth();
      }
    }
    return {
      fileCount: sources.length,
      mutantCount: count,
      keptCount,
      refusedCount: count - keptCount,
      decodedCount,
      repairedCount,
      slowestMs: Math.round(slowestMs),
      grownMb: mb(Math.max(...[...children.values()].map(({ grownBytes }) => grownBytes))),
      broken,
    };
  } finally {
    isClosing = true;
    await media.close();
    rmSync(folder, { recursive: true });
  }
}

interface Child {
  readonly line: string;
  beforeBytes: number;
  grownBytes: number;
}

interface Source {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Made files, and of the corpus first one of each kind, then others. */
function chooseSources(folder: string, random: Random): readonly Source[] {
  const made = Object.values(makeFixtures(folder));
  const rows = hasCorpus ? readExpectedAudio().filter((row) => row.bytes < MAX_FILE_BYTES) : [];
  const kinds = Map.groupBy(rows, (row) => `${row.container} ${row.codec}`);
  const first = [...kinds.values()].map((kind) => pick(kind, random));
  const others = rows.filter((row) => !first.includes(row));
  const chosen = [...first, ...others].map((row) => `${corpusFolder}${row.file}`);
  return [...made, ...chosen].slice(0, FILE_COUNT).map((path) => ({
    name: basename(path),
    bytes: readFileSync(path),
  }));
}

/** All children run, and have loaded what they need. */
async function warmUp(media: Media, bytes: Buffer, path: string): Promise<void> {
  writeFileSync(path, bytes);
  await media.probe(path, 'mutant');
  await media.measure(path);
  await media.peaks(path, `${path}-peaks`);
}

/** True: a repaired file was written, which is sound as far as its own check goes. */
async function repair(media: Media, path: string, likePath: string, outputPath: string): Promise<boolean> {
  if ((await media.findFaults(path)).length === 0) return false;
  await media.repair(path, outputPath, { likePath });
  return true;
}

async function settle<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work;
  } catch (error) {
    return failureCodeOf(error) ?? String(error);
  }
}

function pick<T>(from: readonly T[], random: Random): T {
  const one = from[random(from.length)];
  if (one === undefined) throw new Error('There is nothing to choose from.');
  return one;
}

function mb(bytes: number): number {
  return Math.round(bytes / 1e6);
}

/** 0 where the system does not tell, or the child is gone. */
function highWaterBytes(processId: number): number {
  if (process.platform !== 'linux') return 0;
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'latin1');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
