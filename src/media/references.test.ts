import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { Dictionary, FormatContext, Packet } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { Media } from './media.ts';
import { openMedia } from './open-media.ts';

let folder: string;
let media: Media;
/** An MP4 file that holds its samples itself. */
let source: Buffer;
let requestCount = 0;
const server = createServer((_, answer) => {
  requestCount += 1;
  answer.end(makeWav({ seconds: 1 }));
});
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/vrp-references-`);
  writeFileSync(`${folder}/secret.wav`, makeWav({ seconds: 7 }));
  source = readFileSync(makeFixtures(folder)['tone.mp4'] ?? '');
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
    const path = `${folder}/outside.mov`;
    for (const target of [
      `${folder}/secret.wav`,
      `${folder}/tone.mp4`,
      '/etc/passwd',
      `${base}/remote.wav`,
    ]) {
      writeFileSync(path, withDataReference(source, makeAliasEntry(target)));
      await expect(media.probe(path, 'outside.mov').catch(failureCodeOf)).resolves.toBe('audio-no-samples');
      // FFmpeg knows no addresses in this place: it reads the samples that lie in the file itself.
      writeFileSync(path, withDataReference(source, makeUrlEntry(target)));
      const facts = await media.probe(path, 'outside.mov');
      expect(Math.abs((facts.durationSeconds ?? 0) - 2)).toBeLessThan(0.1);
    }
    expect(requestCount).toBe(0);
  });

  it('uses data references in its tests that FFmpeg follows where it is let', () => {
    const path = `${folder}/followed.mov`;
    writeFileSync(path, withDataReference(source, makeAliasEntry(`${folder}/tone.mp4`)));
    const isReadable = (options: Record<string, string>) => {
      const context = new FormatContext();
      context.allocContext();
      const isOpen = context.openInputSync(path, null, Dictionary.fromObject(options)) >= 0;
      using packet = new Packet();
      packet.alloc();
      const isRead = isOpen && context.readFrameSync(packet) >= 0;
      if (isOpen) context.closeInputSync();
      return isRead;
    };
    expect(isReadable({ enable_drefs: '1', use_absolute_path: '1' })).toBe(true);
    expect(isReadable({})).toBe(false);
  });
});

/** ISO/IEC 14496-12 section 8.7.2: an entry whose data lie at an address. */
function makeUrlEntry(target: string): Buffer {
  const name = Buffer.from(`${target}\0`);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(head.length + name.length, 0);
  head.write('url ', 4, 'latin1');
  return Buffer.concat([head, name]);
}

/** QuickTime's alias record with the absolute path `target`, the kind that FFmpeg can follow. */
function makeAliasEntry(target: string): Buffer {
  const path = Buffer.from(target + (target.length % 2 === 0 ? '' : '\0'));
  const record = Buffer.alloc(150);
  // Directories from alias and to target, after volume and file name.
  record.writeInt16BE(1, 130);
  record.writeInt16BE(1, 132);
  const tag = Buffer.alloc(4);
  tag.writeInt16BE(2, 0);
  tag.writeUInt16BE(path.length, 2);
  const end = Buffer.from([0xff, 0xff, 0, 0]);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(head.length + record.length + tag.length + path.length + end.length, 0);
  head.write('alis', 4, 'latin1');
  return Buffer.concat([head, record, tag, path, end]);
}

/** Replaces the `url ` entry of `dref` (self-contained) by `entry` and mends the sizes of all its parents. */
function withDataReference(source: Buffer, entry: Buffer): Buffer {
  const at = source.indexOf('url ', 0, 'latin1') - 4;
  const oldBytes = source.readUInt32BE(at);
  const head = Buffer.from(source.subarray(0, at));
  for (const parent of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    const position = source.lastIndexOf(parent, at, 'latin1') - 4;
    head.writeUInt32BE(source.readUInt32BE(position) + entry.length - oldBytes, position);
  }
  return Buffer.concat([head, entry, source.subarray(at + oldBytes)]);
}
