// Probes the corpus: prints how many facts, tags and classes are right, a row for each file that is not as expected,
// what damaged files cost, and files per second by container. node bench/probe.ts [--all]
import { readFileSync } from 'node:fs';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { withAudioInput } from '../src/media/audio-input.ts';
import { ByteReader } from '../src/media/byte-reader.ts';
import { sniffContent } from '../src/media/content-sniff.ts';
import { withGuardedFile } from '../src/media/guarded-file.ts';
import { openMedia } from '../src/media/open-media.ts';
import { outlineStream } from '../src/media/stream-outline.ts';
import { checkStructure } from '../src/media/structure-check.ts';
import type { AudioFacts } from '../src/model/audio-facts.ts';
import { eachAtOnce } from '../src/model/each-at-once.ts';
import { failureCodeOf } from '../src/model/failure.ts';
import { corpusFolder, hasCorpus, readExpectedAudio, readExpectedDamage } from '../test/corpus.ts';
import { judgeFacts, judgeVerdict, toVerdict } from '../test/corpus-verdict.ts';

/** Of each container, in whole rounds over its files; of fewer, most would be the warm-up of the compiler. */
const MIN_PROBES = 4000;
/** Enough that the child never waits for the next one. */
const AT_ONCE = 8;
if (!hasCorpus) {
  console.error('bench/probe: the corpus is not here, there is nothing to measure.');
  process.exit(1);
}
Log.setLevel(AV_LOG_QUIET);
const isVerbose = process.argv.includes('--all');
let childId = 0;
const media = openMedia({
  onEvent: ({ type, processId }) => {
    if (type === 'child-started') childId = processId;
  },
});
const expected = readExpectedAudio();
const damage = readExpectedDamage();

console.log('Valid files');
let rightCount = 0;
let lengthCount = 0;
for (const row of expected) {
  const outcome = await settle(media.probe(`${corpusFolder}${row.file}`, row.file));
  const faults = 'facts' in outcome ? judgeFacts(outcome.facts, row) : [String(outcome.error)];
  if (faults.length === 0) rightCount += 1;
  if ('facts' in outcome && !faults.some((fault) => fault.startsWith('duration'))) lengthCount += 1;
  if (isVerbose || faults.length > 0) console.log(`  ${row.file}: ${faults.join('; ') || 'right'}`);
}
console.log(
  `  ${lengthCount} of ${expected.length} durations, ${rightCount} of ${expected.length} in all facts ` +
    '(duration, MIME, container, codec, rate, channels, depth, tags, bext, iXML)',
);

console.log('Damaged files');
let classedCount = 0;
let slowestMs = 0;
const beforeBytes = highWaterBytes();
for (const row of damage) {
  const startedAt = performance.now();
  const outcome = await settle(media.probe(`${corpusFolder}${row.file}`, row.file));
  slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  const verdict = toVerdict(
    'facts' in outcome ? outcome.facts : undefined,
    'error' in outcome ? outcome.error : undefined,
  );
  const isRight = judgeVerdict(verdict, row);
  if (isRight) classedCount += 1;
  const code =
    'error' in outcome
      ? (failureCodeOf(outcome.error) ?? 'no code')
      : outcome.facts.warnings.map((one) => one.code).join();
  if (isVerbose || !isRight) console.log(`  ${row.file}: expected ${row.expect}, got ${verdict} (${code})`);
}
console.log(
  `  ${classedCount} of ${damage.length} classed as expected, the slowest in ${slowestMs.toFixed(1)} ms ` +
    `(to reach: 2000), the child ${mb(highWaterBytes())} MB at most, ${mb(highWaterBytes() - beforeBytes)} MB for these (200)`,
);

console.log(`Files per second, through one child process: one after the other, and ${AT_ONCE} at once`);
for (const isScanned of [false, true]) {
  console.log(
    isScanned
      ? '  where packets are counted (to reach: 300)'
      : '  where the header is enough (to reach: 2000)',
  );
  const chosen = expected.filter((row) => needsScan(`${corpusFolder}${row.file}`) === isScanned);
  for (const [container, rows] of Map.groupBy(chosen, (row) => row.container)) {
    const rates = [await probeRate(rows, 1), await probeRate(rows, AT_ONCE)];
    const columns = rates.map((rate) => `${rate.toFixed(0).padStart(6)}/s`).join('');
    console.log(`    ${container.padEnd(9)} ${String(rows.length).padStart(3)} files ${columns}`);
  }
}
await media.close();

/** Whether neither header nor structure tell the length of the audio. */
function needsScan(path: string): boolean {
  return withGuardedFile(path, (file) => {
    const reader = new ByteReader(file.descriptor, file.sizeBytes);
    if (sniffContent(reader.copy(0, 4096)).family === 'wav') return false;
    const options = { isHeaderEnough: true };
    const { demuxer, isDurationEstimated } = withAudioInput(file, (input) => input, options);
    const { isHeaderTrue } = outlineStream(reader, demuxer, !isDurationEstimated);
    // Of plain samples CAF tells the number instead of the length.
    if (isHeaderTrue || demuxer === 'caf') return false;
    return checkStructure(reader, demuxer).soundSeconds === null;
  });
}

async function probeRate(rows: readonly { readonly file: string }[], atOnce: number): Promise<number> {
  const files = Array.from({ length: Math.ceil(MIN_PROBES / rows.length) }, () => rows).flat();
  const startedAt = performance.now();
  await eachAtOnce(files, atOnce, async ({ file }) => {
    await media.probe(`${corpusFolder}${file}`, file);
  });
  return (files.length * 1000) / (performance.now() - startedAt);
}

async function settle(probing: Promise<AudioFacts>): Promise<{ facts: AudioFacts } | { error: unknown }> {
  try {
    return { facts: await probing };
  } catch (error) {
    return { error };
  }
}

/** 0 where the system does not tell. */
function highWaterBytes(): number {
  if (process.platform !== 'linux') return 0;
  const status = readFileSync(`/proc/${childId}/status`, 'latin1');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
