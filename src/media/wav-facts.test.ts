import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeChunk, makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio, readExpectedDamage } from '../../test/corpus.ts';
import type { AudioFacts } from '../model/audio-facts.ts';
import { probe } from './probe.ts';
import { readPcmFacts } from './wav-facts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-wav-facts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function readFacts(path: string): AudioFacts | undefined {
  const descriptor = openSync(path, 'r');
  try {
    return readPcmFacts({ descriptor, sizeBytes: fstatSync(descriptor).size }, basename(path));
  } finally {
    closeSync(descriptor);
  }
}

function write(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Whatever is said without a probe is what the probe says. */
function saysTheSame(path: string): boolean {
  const facts = readFacts(path);
  if (facts !== undefined) expect(facts).toEqual(probe(path, basename(path)));
  return facts !== undefined;
}

describe('facts of a WAV file by its header', () => {
  it('are those of a probe, also with a wrong ending, an open and a cut header', () => {
    const whole = makeWav({ seconds: 0.5 });
    const open = Buffer.from(whole);
    open.writeUInt32LE(0xffff_ffff, 40);
    for (const [name, content] of [
      ['whole.wav', whole],
      ['named.mp3', whole],
      ['open.wav', open],
      ['cut.wav', whole.subarray(0, 5001)],
    ] as const)
      expect(saysTheSame(write(name, content)), name).toBe(true);
  });

  it('are left to a probe for other formats, tags that need one, many chunks, and what is refused', () => {
    const fixtures = makeFixtures(folder);
    const wav = makeWav({ seconds: 0.5 });
    const left = [
      fixtures['tone.flac']!,
      fixtures['tone.opus']!,
      write('empty.wav', Buffer.alloc(0)),
      write('header.wav', wav.subarray(0, 44)),
      write('text.wav', Buffer.from('not a recording')),
      write('id3.wav', Buffer.concat([wav, makeChunk('id3 ', Buffer.alloc(20))])),
      write('ixml.wav', Buffer.concat([wav, makeChunk('iXML', Buffer.from('<BWFXML/>'))])),
      write(
        'many.wav',
        Buffer.concat([wav, ...Array.from({ length: 40 }, () => makeChunk('JUNK', Buffer.alloc(2)))]),
      ),
    ];
    expect(left.filter((path) => saysTheSame(path))).toEqual([]);
  });

  it.skipIf(!hasCorpus)('are those of a probe for the corpus, whole and damaged', () => {
    const files = [...readExpectedAudio(), ...readExpectedDamage()].map(({ file }) => corpusFolder + file);
    expect(files.filter((path) => saysTheSame(path)).length).toBeGreaterThan(10);
  });
});
