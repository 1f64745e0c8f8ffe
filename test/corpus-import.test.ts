import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudioFacts } from '../src/model/audio-facts.ts';
import type { ImportOutcome } from '../src/model/import-outcome.ts';
import type { Recording } from '../src/model/recording.ts';
import { corpusFolder, hasCorpus, readExpectedAudio, readExpectedDamage } from './corpus.ts';
import { judgeFacts } from './corpus-verdict.ts';
import { runVrp } from './vrp-process.ts';

let folder: string;
const folders = () => ({ dataDir: join(folder, 'data'), stateDir: join(folder, 'state') });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-corpus-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasCorpus)('importing real files by the command line (skipped without the corpus)', () => {
  const outcomes = new Map<string, ImportOutcome>();

  it('keeps every valid file, byte for byte, once', async () => {
    const rows = readExpectedAudio();
    const run = await runVrp(folders(), ['import', `${corpusFolder}valid`, '--recursive', '--json']);
    expect(run.exitCode, run.stderr).toBe(0);
    for (const line of run.stdout.trim().split('\n')) {
      const outcome = JSON.parse(line) as ImportOutcome;
      outcomes.set(basename(outcome.file).normalize('NFC'), outcome);
    }
    const known = new Set<string>();
    for (const row of rows) {
      const outcome = outcomes.get(basename(row.file).normalize('NFC'));
      expect(outcome, row.file).toMatchObject({ checksum: row.sha256 });
      known.add(row.sha256);
    }
    const stored = [...outcomes.values()].filter(({ status }) => status === 'stored');
    expect(stored).toHaveLength(known.size);
    expect(outcomes.size).toBe(rows.length);
  });

  it('lists each with its true facts, seeing through wrong extensions', async () => {
    const run = await runVrp(folders(), ['list', '--limit', '500', '--json']);
    const { items } = JSON.parse(run.stdout) as { items: Recording[] };
    const faults = readExpectedAudio().flatMap((row) => {
      const recording = items.find(({ checksum }) => checksum === row.sha256);
      if (!recording) return [`${row.file}: not listed`];
      const facts = { ...recording, durationSeconds: recording.duration } as unknown as AudioFacts;
      return judgeFacts(facts, row).map((fault) => `${row.file}: ${fault}`);
    });
    expect(faults).toEqual([]);
    for (const recording of items) {
      const path = join(folders().dataDir, recording.storedFilename);
      expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(recording.checksum);
      expect(statSync(path.replace(/\.\w+$/, '.json')).isFile()).toBe(true);
    }
  });

  it('refuses what is damaged beyond use with a clear code, and leaves every source alone', async () => {
    const run = await runVrp(folders(), ['import', `${corpusFolder}corrupt`, '--recursive', '--json']);
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ImportOutcome);
    expect(run.exitCode).toBe(1);
    const wrong = readExpectedDamage().flatMap((row) => {
      const outcome = lines.find(({ file }) => basename(file) === basename(row.file));
      const code = outcome?.error?.code ?? '';
      const found =
        outcome?.status !== 'rejected'
          ? 'partial'
          : code.startsWith('not-audio')
            ? 'not_audio'
            : code.startsWith('audio-')
              ? 'error'
              : `unclassed ${code}`;
      return found === row.expect || row.also_ok?.includes(found)
        ? []
        : [`${row.file}: ${found}, expected ${row.expect}`];
    });
    expect(wrong).toEqual([]);
    for (const row of readExpectedDamage())
      expect(statSync(`${corpusFolder}${row.file}`).isFile()).toBe(true);
  });
});
