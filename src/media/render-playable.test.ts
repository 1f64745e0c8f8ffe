import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFixture, makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio } from '../../test/corpus.ts';
import { withAudioInput } from './audio-input.ts';
import { scanAudio } from './audio-scan.ts';
import { withGuardedFile } from './guarded-file.ts';
import { writePeaks } from './peaks-build.ts';
import { PEAKS_HEADER_BYTES } from './peaks-format.ts';
import { probe } from './probe.ts';
import { renderPlayable } from './render-playable.ts';

let folder: string;
let fixtures: Record<string, string>;
let fileCount = 0;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-render-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function render(path: string): { path: string; mimeType: string } {
  fileCount += 1;
  const output = `${folder}/rendition-${fileCount}`;
  return { path: output, ...renderPlayable(path, output, () => undefined) };
}

/** Decodes all of it, to the last sample. */
function decode(path: string) {
  return withGuardedFile(path, (file) =>
    withAudioInput(file, (input) =>
      scanAudio(input, { decodeSeconds: Number.POSITIVE_INFINITY, isHeadOnly: false }),
    ),
  );
}

describe('a playable rendition', () => {
  it('of a time-sliced WebM keeps its packets and gains a length and an index', () => {
    const live = `${folder}/live.webm`;
    encodeFixture(fixtures['tone.wav']!, live, 'libopus', 'webm', { live: '1' });
    expect(probe(live, 'live.webm').isPlayable).toBe(false);
    const { path, mimeType } = render(live);
    expect(mimeType).toBe('audio/webm');
    expect(probe(path, 'a.webm')).toMatchObject({ isPlayable: true, codec: 'opus', warnings: [] });
    expect(decode(path).packetBytes).toBe(decode(live).packetBytes);
  });

  it('of an unfinished WAV is FLAC with the same samples', () => {
    const open = `${folder}/open.wav`;
    writeFileSync(open, makeWav({ seconds: 3, channels: 2, declaredBytes: 0xffff_ffff }));
    const { path, mimeType } = render(open);
    expect(mimeType).toBe('audio/flac');
    expect(probe(path, 'a.flac')).toMatchObject({
      isPlayable: true,
      durationSeconds: 3,
      channels: 2,
      bitDepth: 16,
    });
    const peaks = [open, path].map((one, index) => {
      writePeaks(one, `${folder}/same-${index}`, () => undefined);
      return readFileSync(`${folder}/same-${index}`).subarray(PEAKS_HEADER_BYTES);
    });
    expect(peaks[1]).toEqual(peaks[0]);
  });

  it('of FLAC in Ogg is FLAC', () => {
    const { path } = render(fixtures['tone.oga']!);
    expect(probe(path, 'a.flac')).toMatchObject({ container: 'flac', isPlayable: true, durationSeconds: 2 });
  });

  it('of what holds no audio is refused before anything is written', () => {
    writeFileSync(`${folder}/page.mp3`, '<html></html>');
    expect(() => renderPlayable(`${folder}/page.mp3`, `${folder}/nothing`, () => undefined)).toThrow('HTML');
    expect(existsSync(`${folder}/nothing`)).toBe(false);
  });
});

describe.skipIf(!hasCorpus)('playable renditions of the corpus', () => {
  const rows = hasCorpus
    ? readExpectedAudio().filter((row) => !probe(`${corpusFolder}${row.file}`, row.file).isPlayable)
    : [];
  it.each(rows)('exist for $file, decode without errors and have its length', (row) => {
    const { path, mimeType } = render(`${corpusFolder}${row.file}`);
    const facts = probe(path, 'rendition');
    expect(facts).toMatchObject({ isPlayable: true, mimeType, channels: Math.min(row.channels, 8) });
    const scan = decode(path);
    expect(scan.decodeErrorCount).toBe(0);
    const seconds = scan.decodedFrames / scan.decodedRateHz;
    // Copied packets bring the encoder's delay along; encoded ones end on a whole frame.
    expect(Math.abs(seconds - row.duration_truth)).toBeLessThanOrEqual(row.tolerance_s + 0.03);
  });
});
