import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { Media } from './media.ts';
import { openMedia } from './open-media.ts';

let folder: string;
let media: Media;
let requestCount = 0;
const server = createServer((_, answer) => {
  requestCount += 1;
  answer.end(makeWav({ seconds: 1 }));
});
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/vrp-references-`);
  writeFileSync(`${folder}/secret.wav`, makeWav({ seconds: 7 }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  media = openMedia();
});
afterAll(async () => {
  await media.close();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('files that point elsewhere', () => {
  const documents: readonly (readonly [name: string, content: (target: string) => string])[] = [
    ['list.m3u8', (target) => `#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\n${target}\n#EXT-X-ENDLIST\n`],
    ['list.mp3', (target) => `\uFEFF#EXTM3U\n${target}\n`],
    ['concat.wav', (target) => `ffconcat version 1.0\nfile '${target}'\n`],
    ['concat.ogg', (target) => `file '${target}'\n`],
    ['dash.m4a', (target) => `<?xml version="1.0"?>\n<MPD><BaseURL>${target}</BaseURL></MPD>`],
    ['list.pls', (target) => `[playlist]\nFile1=${target}\n`],
    ['list.asx', (target) => `<asx version="3.0"><entry><ref href="${target}"/></entry></asx>`],
    ['session.mp3', () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n'],
    ['bare.wav', (target) => `${target.startsWith('http') ? target : `file:${target}`}\n`],
  ];

  it.each(documents)('refuses %s by its content', async (name, content) => {
    for (const target of [`${base}/remote.wav`, `${folder}/secret.wav`, '/etc/passwd']) {
      const path = `${folder}/${name}`;
      writeFileSync(path, content(target));
      await expect(media.probe(path, name).catch(failureCodeOf)).resolves.toBe('not-audio-reference');
      await expect(media.peaks(path, `${folder}/out`)).rejects.toThrow();
      await expect(media.renderPlayable(path, `${folder}/out`)).rejects.toThrow();
    }
    expect(requestCount).toBe(0);
  });

  it('never opens what a data reference of a MOV file names', async () => {
    const source = readFileSync(makeFixtures(folder)['tone.mp4'] ?? '');
    for (const target of [`${folder}/secret.wav`, '/etc/passwd', `${base}/remote.wav`]) {
      const path = `${folder}/outside.mov`;
      writeFileSync(path, withDataReference(source, target));
      const outcome = await media.probe(path, 'outside.mov').catch(failureCodeOf);
      // Either refused, or read from the file itself: never 7 seconds of another file.
      if (typeof outcome === 'object') expect(outcome.durationSeconds).toBeLessThan(3);
      else expect(outcome).toMatch(/^(not-)?audio-/);
    }
    expect(requestCount).toBe(0);
  });
});

/** Replaces the `url ` entry of `dref` (self-contained) by an external one and mends the sizes of all its parents. */
function withDataReference(source: Buffer, target: string): Buffer {
  const at = source.indexOf('url ', 0, 'latin1') - 4;
  const oldBytes = source.readUInt32BE(at);
  const name = Buffer.from(`${target}\0`);
  const entry = Buffer.alloc(12);
  entry.write('url ', 4, 'latin1');
  entry.writeUInt32BE(12 + name.length, 0);
  const added = entry.length + name.length - oldBytes;
  const parents = ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref'];
  const head = Buffer.from(source.subarray(0, at));
  for (const parent of parents) {
    const position = source.lastIndexOf(parent, at, 'latin1') - 4;
    head.writeUInt32BE(source.readUInt32BE(position) + added, position);
  }
  return Buffer.concat([head, entry, name, source.subarray(at + oldBytes)]);
}
