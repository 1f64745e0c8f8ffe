import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixtures } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio } from '../../test/corpus.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { Media } from './media.ts';
import { openMedia } from './open-media.ts';

const MUTATIONS = 300;
const SEED = 20_261_122;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;

let folder: string;
let media: Media;
const children: number[] = [];
const deaths: string[] = [];
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-fuzz-`);
  media = openMedia({
    probeLimits: { silenceMs: 20_000 },
    onEvent: (event) => {
      if (event.type === 'child-started') children.push(event.processId);
      if (event.type === 'child-ended') deaths.push(event.reason);
    },
  });
});
afterAll(async () => {
  await media.close();
  rmSync(folder, { recursive: true });
});

function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Flips bits, mostly in the first kilobyte, where the headers are; sometimes cuts, repeats or wipes a stretch. */
function mutate(source: Buffer, random: (below: number) => number): Buffer {
  let content = Buffer.from(source);
  const flips = 1 + random(12);
  for (let count = 0; count < flips; count += 1) {
    const at = random(3) === 0 ? random(content.length) : random(Math.min(content.length, 1024));
    content[at] = random(4) === 0 ? 0xff : (content[at] ?? 0) ^ (1 << random(8));
  }
  const start = random(content.length);
  const kind = random(6);
  if (kind === 0) content = content.subarray(0, Math.max(1, start));
  if (kind === 1) content = Buffer.concat([content.subarray(0, start), content.subarray(random(start + 1))]);
  if (kind === 2) content.fill(random(256), start, Math.min(content.length, start + random(4096)));
  return content;
}

function highWaterBytes(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, 'latin1');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

describe('mutated files', () => {
  it('never crash, hang or swell the media process', { timeout: 240_000 }, async () => {
    const random = makeRandom(SEED);
    const made = Object.values(makeFixtures(folder));
    const borrowed = hasCorpus ? readExpectedAudio().map((row) => `${corpusFolder}${row.file}`) : [];
    const sources = [...made, ...borrowed]
      .map((path) => readFileSync(path))
      .filter((one) => one.length < 400_000);
    const path = `${folder}/mutant`;
    writeFileSync(path, sources[0] ?? '');
    await media.probe(path, 'mutant');
    await media.peaks(path, `${folder}/peaks`);
    const before = process.platform === 'linux' ? children.map(highWaterBytes) : [];
    let keptCount = 0;
    let refusedCount = 0;
    for (let round = 0; round < MUTATIONS; round += 1) {
      const source = sources[random(sources.length)] ?? Buffer.alloc(0);
      writeFileSync(path, mutate(source, random));
      const outcome = await media
        .probe(path, 'mutant')
        .catch((error: unknown) => failureCodeOf(error) ?? String(error));
      if (typeof outcome === 'string') {
        expect(outcome, `mutation ${round}`).toMatch(/^(not-audio|audio)-/);
        refusedCount += 1;
      } else {
        keptCount += 1;
        expect(Number.isFinite(outcome.durationSeconds), `mutation ${round}`).toBe(true);
        const peaks = await media
          .peaks(path, `${folder}/peaks`)
          .catch((error: unknown) => failureCodeOf(error) ?? String(error));
        if (typeof peaks === 'string') expect(peaks, `mutation ${round}`).toMatch(/^(not-audio|audio)-/);
      }
    }
    expect(deaths).toEqual([]);
    expect(keptCount).toBeGreaterThan(50);
    expect(refusedCount).toBeGreaterThan(10);
    for (const [index, bytes] of before.entries()) {
      expect(highWaterBytes(children[index] ?? 0) - bytes).toBeLessThan(MAX_GROWTH_BYTES);
    }
  });
});
