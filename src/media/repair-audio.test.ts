import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Dictionary } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFixture, makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus } from '../../test/corpus.ts';
import { withAudioInput } from './audio-input.ts';
import { findFaults } from './find-faults.ts';
import { withGuardedFile } from './guarded-file.ts';
import { writePeaks } from './peaks-build.ts';
import { PEAKS_HEADER_BYTES } from './peaks-format.ts';
import { probe } from './probe.ts';
import { copyPackets } from './render-copy.ts';
import { repairAudio } from './repair-audio.ts';

let folder: string;
let fixtures: Record<string, string>;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-repair-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(bytes: Uint8Array): string {
  count += 1;
  const path = `${folder}/faulty-${count}`;
  writeFileSync(path, bytes);
  return path;
}

function repair(path: string): { path: string; extension: string } {
  count += 1;
  const output = `${folder}/repaired-${count}`;
  return { path: output, ...repairAudio(path, output, () => undefined) };
}

function cut(path: string, share: number): string {
  const bytes = readFileSync(path);
  return put(bytes.subarray(0, Math.floor(bytes.length * share)));
}

function peaksOf(path: string): Buffer {
  count += 1;
  const output = `${folder}/peaks-${count}`;
  writePeaks(path, output, () => undefined);
  return readFileSync(output).subarray(PEAKS_HEADER_BYTES);
}

function faultsOf(path: string) {
  return findFaults(path, () => undefined);
}

describe('finding faults', () => {
  it('finds none in files as they should be', () => {
    const found = Object.entries(fixtures).map(([name, path]) => [name, faultsOf(path)]);
    expect(found.filter(([, faults]) => faults?.length !== 0)).toEqual([]);
  });
});

describe('the repair of a WAV file', () => {
  const chunks = [['bext', Buffer.alloc(602, 'b')]] as const;
  it.each([
    ['0 as its size', 0, 'wav-unfinished'],
    ['all ones as its size', 0xffff_ffff, 'wav-unfinished'],
    ['more samples than there are', 1_000_000, 'wav-cut'],
  ])('with %s keeps every sample and every chunk', (_what, declaredBytes, fault) => {
    const sound = makeWav({ seconds: 1, chunks });
    const faulty = makeWav({ seconds: 1, chunks, declaredBytes });
    if (declaredBytes !== 1_000_000) faulty.writeUInt32LE(declaredBytes, 4);
    const path = put(faulty);
    expect(faultsOf(path)).toEqual([fault]);
    const repaired = repair(path);
    expect(repaired.extension).toBe('wav');
    expect(readFileSync(repaired.path).equals(sound)).toBe(true);
  });

  it('that was cut in the middle of a sample keeps the whole ones', () => {
    const bytes = makeWav({ seconds: 1, channels: 2 });
    const path = put(bytes.subarray(0, 44 + 10_003));
    expect(faultsOf(path)).toEqual(['wav-cut']);
    const repaired = readFileSync(repair(path).path);
    expect(repaired.readUInt32LE(4)).toBe(repaired.length - 8);
    expect(repaired.readUInt32LE(40)).toBe(10_000);
    expect(repaired.subarray(44).equals(bytes.subarray(44, 44 + 10_000))).toBe(true);
  });

  it('whose outer size is wrong writes the right one', () => {
    const sound = makeWav({ seconds: 1 });
    const faulty = Buffer.from(sound);
    faulty.writeUInt32LE(sound.length + 5000, 4);
    const path = put(faulty);
    expect(faultsOf(path)).toEqual(['wav-size-wrong']);
    expect(readFileSync(repair(path).path).equals(sound)).toBe(true);
  });
});

describe('the repair of other files', () => {
  it('of an Ogg file cut in a page keeps the whole pages and ends the stream', () => {
    const path = cut(fixtures['tone.opus'] ?? '', 0.6);
    expect(faultsOf(path)).toEqual(['ogg-cut']);
    const repaired = repair(path);
    const [before, after] = [readFileSync(path), readFileSync(repaired.path)];
    expect(after.length).toBeLessThan(before.length);
    const lastPage = after.lastIndexOf('OggS');
    // Before the last page nothing differs, and there only the mark of the end and the checksum.
    expect(after.subarray(0, lastPage).equals(before.subarray(0, lastPage))).toBe(true);
    expect((after[lastPage + 5] ?? 0) & 4).toBe(4);
    expect(after.subarray(lastPage + 26).equals(before.subarray(lastPage + 26, after.length))).toBe(true);
    expect(probe(repaired.path, 'a.opus').warnings).toEqual([]);
  });

  it('of a FLAC file cut in a frame keeps the samples of the whole frames', () => {
    const path = cut(fixtures['tone.flac'] ?? '', 0.5);
    expect(faultsOf(path)).toEqual(['flac-cut']);
    const repaired = repair(path);
    const facts = probe(repaired.path, 'a.flac');
    expect(facts.warnings).toEqual([]);
    const kept = peaksOf(repaired.path);
    const samples = peaksOf(fixtures['tone.flac'] ?? '');
    // Its last hundredth of a second may be a part of one.
    expect(kept.length).toBeGreaterThan(100);
    expect(kept.subarray(0, -4).equals(samples.subarray(0, kept.length - 4))).toBe(true);
  });

  it('of a WebM file without length and index gives it both', () => {
    const path = `${folder}/live.webm`;
    encodeFixture(fixtures['tone.wav'] ?? '', path, 'libopus', 'webm', { live: '1' });
    expect(faultsOf(path)).toEqual(['webm-no-length', 'webm-no-index']);
    const repaired = repair(path);
    expect(probe(repaired.path, 'a.webm')).toMatchObject({ isPlayable: true, codec: 'opus', warnings: [] });
    expect(peaksOf(repaired.path)).toEqual(peaksOf(path));
  });

  it('of a WebM file cut in a block keeps the blocks before it', () => {
    const path = cut(fixtures['tone.webm'] ?? '', 0.7);
    expect(faultsOf(path)).toContain('webm-cut');
    expect(probe(repair(path).path, 'a.webm')).toMatchObject({ isPlayable: true, warnings: [] });
  });

  it.each([
    ['webm', 'webm', { live: '1' }, ['webm-no-length', 'webm-no-index']],
    ['mp4', 'mp4', { movflags: '+frag_keyframe+empty_moov' }, ['mp4-no-index']],
  ])('of a %s file carries its tags over', (kind, muxer, muxerOptions, faults) => {
    const path = `${folder}/tagged.${kind}`;
    const tags = {
      title: 'Großmutter',
      artist: 'A.',
      album: 'B',
      date: '2024-03-02',
      comment: 'C',
      creation_time: '2024-03-02T10:11:12.000000Z',
    };
    withGuardedFile(fixtures['tone.opus'] ?? '', (file) =>
      withAudioInput(file, (input) =>
        copyPackets(input, { muxer, muxerOptions }, path, () => undefined, {
          container: Dictionary.fromObject(tags),
        }),
      ),
    );
    expect(faultsOf(path)).toEqual(faults);
    const facts = probe(repair(path).path, `a.${kind}`);
    const { creation_time: madeAt, ...embedded } = tags;
    expect(facts.embedded).toMatchObject(embedded);
    expect(facts.madeAt).toBe(madeAt);
  });

  it('makes the same bytes each time', () => {
    const path = `${folder}/again.webm`;
    encodeFixture(fixtures['tone.wav'] ?? '', path, 'libopus', 'webm', { live: '1' });
    expect(readFileSync(repair(path).path).equals(readFileSync(repair(path).path))).toBe(true);
  });

  it('refuses a file without a fault, and writes nothing', () => {
    expect(() => repair(fixtures['tone.wav'] ?? '')).toThrow('no fault');
  });
});

describe.skipIf(!hasCorpus)('the repair of real damaged files', () => {
  it.each([
    ['mdat_cut.m4a', ['mp4-cut'], 'm4a'],
    ['mm_adts_0_frame.mp3', ['mp3-cut'], 'mp3'],
    ['cut_mid_cluster.webm', ['webm-cut', 'webm-no-length', 'webm-no-index'], 'webm'],
    ['cut_mid_page.opus', ['ogg-cut'], 'opus'],
    ['body_cut.flac', ['flac-cut'], 'flac'],
    ['body_cut.wav', ['wav-cut'], 'wav'],
  ])('keeps what is there of %s', (name, faults, extension) => {
    const path = `${corpusFolder}corrupt/${name}`;
    expect(faultsOf(path)).toEqual(faults);
    const repaired = repair(path);
    expect(repaired.extension).toBe(extension);
    const [before, after] = [probe(path, name), probe(repaired.path, name)];
    expect(after.warnings).toEqual([]);
    expect(after.embedded).toEqual(before.embedded);
    expect(Math.abs((after.durationSeconds ?? 0) - (before.durationSeconds ?? 0))).toBeLessThan(0.1);
  });
});
