import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeChunk, makeWav } from '../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio } from '../test/corpus.ts';
import { judgeFacts } from '../test/corpus-verdict.ts';
import { writeSparseWav } from '../test/sparse-wav.ts';
import { runHere } from '../test/vrp-in-process.ts';
import { FileMetadataCalculator } from './file-metadata-calculator.ts';
import type { AudioFacts } from './model/audio-facts.ts';

let folder: string;
const info = Buffer.concat([Buffer.from('INFO'), makeChunk('INAM', Buffer.from('Harbour\0'))]);
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-metadata-`);
  writeFileSync(`${folder}/2026-03-04 harbour.wav`, makeWav({ seconds: 2, chunks: [['LIST', info]] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('FileMetadataCalculator.calculate', () => {
  it('tells what the file holds, under the names a recording has it by', async () => {
    const path = `${folder}/2026-03-04 harbour.wav`;
    const content = readFileSync(path);
    const metadata = await FileMetadataCalculator.calculate(path);
    expect(metadata).toMatchObject({
      title: 'Harbour',
      filename: '2026-03-04 harbour.wav',
      filesizeBytes: content.length,
      checksum: createHash('sha256').update(content).digest('hex'),
      mimeType: 'audio/wav',
      duration: 2,
      codec: 'pcm_s16le',
      sampleRateHz: 16_000,
      channels: 1,
      bitDepth: 16,
      bitRateBps: 256_000,
      embedded: { title: 'Harbour', bext: null, ixml: null },
      recordedAtSource: 'filename',
      audioChecksum: null,
      loudness: null,
      silenceShare: null,
      warnings: [],
    });
    const measured = await FileMetadataCalculator.calculate(path, { isMeasured: true });
    expect(measured).toMatchObject({ ...metadata, ...pick(measured) });
    expect(measured).toMatchObject({ audioChecksumMethod: 'packets-v1', silenceShare: 0 });
    expect(measured.loudness?.integratedLufs).toBeCloseTo(-9.7, 0);
  });

  it('is what `vrp probe --json` prints', async () => {
    const path = `${folder}/2026-03-04 harbour.wav`;
    const folders = { dataDir: `${folder}/data`, stateDir: `${folder}/state` };
    for (const options of [[], ['--measure']]) {
      const { exitCode, stdout } = await runHere(folders, ['probe', path, '--json', ...options]);
      expect(exitCode).toBe(0);
      const isMeasured = options.length > 0;
      expect(JSON.parse(stdout)).toEqual(await FileMetadataCalculator.calculate(path, { isMeasured }));
    }
  });

  it('rejects with a code', async () => {
    writeFileSync(`${folder}/page.mp3`, '<html>closed</html>');
    writeFileSync(`${folder}/empty.wav`, '');
    symlinkSync(`${folder}/nowhere`, `${folder}/dangling.wav`);
    const expected = {
      'page.mp3': 'not-audio-content',
      'empty.wav': 'audio-no-samples',
      'dangling.wav': 'file-missing',
      'none.wav': 'file-missing',
      '.': 'file-not-regular',
    };
    for (const [name, code] of Object.entries(expected)) {
      await expect(FileMetadataCalculator.calculate(`${folder}/${name}`)).rejects.toMatchObject({
        name: 'VoiceRecorderError',
        code,
      });
    }
  });

  it('keeps no program alive', async () => {
    const module = new URL('file-metadata-calculator.ts', import.meta.url).href;
    const program = `const { FileMetadataCalculator } = await import(${JSON.stringify(module)});
      const { duration } = await FileMetadataCalculator.calculate(process.argv[1], { isMeasured: true });
      console.log(duration);`;
    const run = promisify(execFile);
    const path = `${folder}/2026-03-04 harbour.wav`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, path], {
      timeout: 250_000,
    });
    expect(stdout.trim()).toBe('2');
  });

  it('stops reading a file of 5 GB when it is told to', async () => {
    const path = `${folder}/long.wav`;
    writeSparseWav(path, 26_000);
    const abort = AbortSignal.timeout(1000);
    await expect(FileMetadataCalculator.calculate(path, { signal: abort })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});

describe.skipIf(!hasCorpus)('FileMetadataCalculator on real files (skipped without the corpus)', () => {
  it('is right about every one of them, size and checksum too', async () => {
    const wrong: string[] = [];
    for (const row of readExpectedAudio()) {
      const metadata = await FileMetadataCalculator.calculate(`${corpusFolder}${row.file}`);
      const facts = { ...metadata, durationSeconds: metadata.duration } as unknown as AudioFacts;
      const faults = judgeFacts(facts, row);
      if (metadata.checksum !== row.sha256) faults.push('checksum');
      if (metadata.filesizeBytes !== row.bytes) faults.push('size');
      wrong.push(...faults.map((fault) => `${row.file}: ${fault}`));
    }
    expect(wrong).toEqual([]);
  });
});

function pick<T extends { audioChecksum: unknown; loudness: unknown; silenceShare: unknown }>(measured: T) {
  const { audioChecksum, loudness, silenceShare } = measured;
  return { audioChecksum, audioChecksumMethod: 'packets-v1', loudness, silenceShare };
}
