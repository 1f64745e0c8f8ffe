import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFixture, makeChunk, makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { corpusFolder, hasCorpus, readExpectedAudio, readExpectedDamage } from '../../test/corpus.ts';
import { judgeFacts, judgeVerdict, toVerdict } from '../../test/corpus-verdict.ts';
import { makeAudioParts } from '../crashtest/made-audio.ts';
import type { AudioFacts } from '../model/audio-facts.ts';
import { failureCodeOf } from '../model/failure.ts';
import { crc8, crc16 } from '../model/flac-frame.ts';
import { probe } from './probe.ts';

let folder: string;
let fixtures: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-probe-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: Buffer | string): string {
  const path = `${folder}/${name}`;
  writeFileSync(path, content);
  return path;
}

/** The same noise in every run. */
function noise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return failureCodeOf(error) ?? String(error);
  }
}

function warningsOf(facts: AudioFacts): string[] {
  return facts.warnings.map((warning) => warning.code);
}

const IXML =
  '<?xml version="1.0"?>\n<BWFXML><PROJECT>Harbour &amp; sea</PROJECT><SCENE>12A</SCENE><NOTE></NOTE>' +
  '<SPEED><TIMECODE_RATE>25/1</TIMECODE_RATE></SPEED><TRACK_LIST><TRACK><NAME>Boom</NAME></TRACK>' +
  '<TRACK><NAME>Lav &#60;1&#x3E;</NAME></TRACK></TRACK_LIST></BWFXML>\n';

describe('probe of sound files', () => {
  it.each([
    ['tone.wav', 'wav', 'pcm_s16le', 'audio/wav', true],
    ['tone.flac', 'flac', 'flac', 'audio/flac', true],
    ['tone.oga', 'ogg', 'flac', 'audio/ogg', false],
    ['tone.opus', 'ogg', 'opus', 'audio/ogg', true],
    ['tone.webm', 'webm', 'opus', 'audio/webm', true],
    ['tone.mka', 'matroska', 'flac', 'audio/x-matroska', false],
    ['tone.mp4', 'mp4', 'opus', 'audio/mp4', true],
  ])('tells what %s is', (name, container, codec, mimeType, isPlayable) => {
    const facts = probe(fixtures[name]!, name);
    expect(facts).toMatchObject({
      container,
      codec,
      mimeType,
      isPlayable,
      sampleRateHz: 48_000,
      channels: 2,
    });
    expect(Math.abs(facts.durationSeconds! - 2)).toBeLessThan(0.03);
    expect(facts.warnings).toEqual([]);
  });

  it('warns of a name that does not fit the content, and of nothing else', () => {
    expect(warningsOf(probe(fixtures['tone.flac']!, 'speech.MP3'))).toEqual(['wrong-extension']);
    expect(warningsOf(probe(fixtures['tone.flac']!, 'speech'))).toEqual([]);
    expect(warningsOf(probe(fixtures['tone.flac']!, 'speech.backup'))).toEqual([]);
  });

  it('reads LIST/INFO, bext and iXML of a WAV file', () => {
    const info = Buffer.concat([
      Buffer.from('INFO'),
      makeChunk('INAM', Buffer.from('Straße\0')),
      makeChunk('IART', Buffer.from('J\xfcrgen', 'latin1')),
    ]);
    const bext = Buffer.alloc(602);
    bext.write('Interview', 0);
    bext.write('2026-11-22', 320);
    bext.writeBigUInt64LE(48_000n, 338);
    bext.writeUInt16LE(2, 346);
    bext.writeInt16LE(-2300, 412);
    bext.writeInt16LE(0x7fff, 414);
    const wav = makeWav({
      seconds: 0.5,
      chunks: [
        ['LIST', info],
        ['bext', bext],
        ['iXML', Buffer.from(IXML)],
      ],
    });
    const { embedded } = probe(write('tagged.wav', wav), 'tagged.wav');
    expect(embedded).toMatchObject({ title: 'Straße', artist: 'Jürgen', ixml: IXML });
    expect(embedded.ixmlFields).toEqual({
      project: 'Harbour & sea',
      scene: '12A',
      timecodeRate: '25/1',
      trackNames: 'Boom\nLav <1>',
    });
    expect(embedded.bext).toMatchObject({
      description: 'Interview',
      originationDate: '2026-11-22',
      timeReference: 48_000,
      loudnessValue: -23,
    });
    expect(embedded.bext).not.toHaveProperty('loudnessRange');
  });

  it.each([
    [
      'UTF-16 with a mark',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<TAKE>7</TAKE>', 'utf16le')]),
    ],
    ['zeros behind it', Buffer.from('<TAKE>7</TAKE>\0\0')],
    ['no end', Buffer.from('<TAKE>7</TAKE><NOTE>x')],
  ])('reads iXML in %s', (_, content) => {
    const path = write('ixml.wav', makeWav({ seconds: 0.5, chunks: [['iXML', content]] }));
    expect(probe(path, 'ixml.wav').embedded.ixmlFields).toEqual({ take: '7' });
  });

  it('reads all of bext, and of earlier versions only what they have', () => {
    const bext = Buffer.alloc(700);
    bext.write('Recorder', 256);
    bext.write('DE0001', 288);
    bext.write('21:32:05', 330);
    bext.writeBigUInt64LE(5_000_000_000n, 338);
    bext.fill(0xab, 348, 412);
    [-2300, 810, -90, -1800, -2100].forEach((hundredths, index) => {
      bext.writeInt16LE(hundredths, 412 + index * 2);
    });
    bext.write('A=PCM,F=48000\r\n', 602);
    const read = (version: number, length = 700) => {
      bext.writeUInt16LE(version, 346);
      const wav = makeWav({ seconds: 0.1, chunks: [['bext', bext.subarray(0, length)]] });
      return probe(write('bext.wav', wav), 'bext.wav').embedded.bext;
    };
    const basic = {
      description: '',
      originator: 'Recorder',
      originatorReference: 'DE0001',
      originationDate: '',
      originationTime: '21:32:05',
      timeReference: 5_000_000_000,
      codingHistory: 'A=PCM,F=48000\r\n',
    };
    const umid = 'ab'.repeat(64);
    expect(read(0)).toEqual({ ...basic, version: 0, umid: '' });
    expect(read(1)).toEqual({ ...basic, version: 1, umid });
    expect(read(2)).toEqual({
      ...basic,
      version: 2,
      umid,
      loudnessValue: -23,
      loudnessRange: 8.1,
      maxTruePeakLevel: -0.9,
      maxMomentaryLoudness: -18,
      maxShortTermLoudness: -21,
    });
    expect(read(0, 348)).toEqual({ ...basic, version: 0, umid: '', codingHistory: '' });
    expect(read(0, 347)).toBeNull();
  });

  it.each([0, 0xffff_ffff, 0x7fff_ffff - 36])(
    'takes the length from the file when a recorder left %d as the size of the samples',
    (declaredBytes) => {
      const wav = makeWav({ seconds: 1.5, declaredBytes });
      if (declaredBytes === 0) wav.writeUInt32LE(0, 4);
      const facts = probe(write('open.wav', wav), 'open.wav');
      expect(facts.durationSeconds).toBe(1.5);
      expect(facts.isPlayable).toBe(false);
      expect(warningsOf(facts)).toEqual(['size-header-wrong']);
    },
  );
});

describe('probe of damaged files', () => {
  it.each(['tone.wav', 'tone.flac', 'tone.opus', 'tone.webm'])(
    'keeps the half that is there of %s',
    (name) => {
      const content = readFileSync(fixtures[name]!);
      const facts = probe(write(`half-${name}`, content.subarray(0, content.length * 0.5)), name);
      expect(warningsOf(facts)).toContain('truncated');
      expect(facts.durationSeconds).toBeGreaterThan(0.3);
      expect(facts.durationSeconds).toBeLessThan(1.9);
    },
  );

  it('keeps the first half of large files whose headers promise all of it', () => {
    const wav = write(
      'large.wav',
      makeWav({ seconds: 10, sampleRateHz: 48_000, channels: 2, sample: noise() }),
    );
    for (const [name, muxer] of [
      ['large.flac', 'flac'],
      ['large.mka', 'matroska'],
      ['large.oga', 'ogg'],
    ] as const) {
      encodeFixture(wav, `${folder}/${name}`, 'flac', muxer);
      const content = readFileSync(`${folder}/${name}`);
      expect(content.length).toBeGreaterThan(400_000);
      const facts = probe(write(`cut-${name}`, content.subarray(0, content.length / 2)), name);
      expect(warningsOf(facts)).toContain('truncated');
      expect(Math.abs(facts.durationSeconds! - 5)).toBeLessThan(0.3);
    }
  });

  it('measures a FLAC take, whose header knows no total, whether or not it names the size of blocks', () => {
    const wav = write(
      'take.wav',
      makeWav({ seconds: 10.3, sampleRateHz: 48_000, channels: 2, sample: noise() }),
    );
    encodeFixture(wav, `${folder}/take.flac`, 'flac', 'flac');
    const content = readFileSync(`${folder}/take.flac`);
    content.writeUInt8(content.readUInt8(21) & 0xf0, 21);
    content.writeUInt32BE(0, 22);
    for (const blockSizes of [undefined, [16, 65_535]] as const) {
      content.writeUInt16BE(blockSizes?.[0] ?? content.readUInt16BE(8), 8);
      content.writeUInt16BE(blockSizes?.[1] ?? content.readUInt16BE(10), 10);
      const facts = probe(write('untold.flac', content), 'untold.flac');
      expect(facts).toMatchObject({ codec: 'flac', warnings: [], isPlayable: false });
      expect(facts.durationSeconds).toBeCloseTo(10.3, 3);
      const cut = probe(write('cut.flac', content.subarray(0, content.length - 100)), 'cut.flac');
      expect(warningsOf(cut)).toContain('truncated');
      expect(cut.durationSeconds).toBeGreaterThan(10.1);
      expect(cut.durationSeconds).toBeLessThan(10.35);
    }
  });

  it('believes the header of a FLAC stream whose frames do not repeat the sample rate', () => {
    const recipe = { format: 'flac', seed: 1, seconds: 10, sampleRateHz: 48_000 } as const;
    const [head = Buffer.alloc(0), ...frames] = makeAudioParts(recipe);
    for (const frame of frames) {
      // RFC 9639 section 9.1: the rate, then number (one byte up to 127) and block size, then the checksums.
      frame.writeUInt8(frame.readUInt8(2) & 0xf0, 2);
      frame.writeUInt8(crc8(frame, 0, 7), 7);
      frame.writeUInt16BE(crc16(frame, 0, frame.length - 2), frame.length - 2);
    }
    const facts = probe(write('told-once.flac', Buffer.concat([head, ...frames])), 'told-once.flac');
    expect(facts).toMatchObject({ codec: 'flac', sampleRateHz: 48_000, channels: 1, warnings: [] });
    expect(facts.durationSeconds).toBeCloseTo(10, 6);
  });

  it('keeps the first half of a large AIFF file', () => {
    const samples = makeWav({ seconds: 10, sampleRateHz: 48_000 }).subarray(44);
    const common = Buffer.from('00010007530000' + '10' + '400ebb80000000000000', 'hex');
    const sound = Buffer.concat([Buffer.alloc(8), samples]);
    const chunk = (id: string, content: Buffer) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(content.length);
      return Buffer.concat([Buffer.from(id), size, content]);
    };
    const aiff = chunk(
      'FORM',
      Buffer.concat([Buffer.from('AIFF'), chunk('COMM', common), chunk('SSND', sound)]),
    );
    expect(probe(write('large.aiff', aiff), 'large.aiff')).toMatchObject({
      durationSeconds: 10,
      warnings: [],
    });
    const facts = probe(write('cut.aiff', aiff.subarray(0, aiff.length / 2)), 'cut.aiff');
    expect(warningsOf(facts)).toContain('truncated');
    expect(Math.abs(facts.durationSeconds! - 5)).toBeLessThan(0.1);
  });

  it.skipIf(!hasCorpus)('sees that an MP3 with a Xing header or a WMA was cut', () => {
    for (const name of ['vbr_xing.mp3', 'wmav2.wma']) {
      const content = readFileSync(`${corpusFolder}valid/${name}`);
      const facts = probe(write(`cut-${name}`, content.subarray(0, content.length / 2)), name);
      expect(warningsOf(facts)).toContain('truncated');
    }
  });

  it('warns of a single bit or more that changed in the middle of a small FLAC file', () => {
    const content = readFileSync(fixtures['tone.flac']!);
    const middle = Math.floor(content.length / 2);
    content[middle] = (content[middle] ?? 0) ^ 1;
    expect(warningsOf(probe(write('bit.flac', content), 'bit.flac'))).toContain('decode-errors');
    content.fill(0xa5, middle, middle + 300);
    expect(warningsOf(probe(write('rot.flac', content), 'rot.flac'))).toContain('decode-errors');
  });

  it.each([
    ['empty.wav', '', 'audio-no-samples'],
    ['empty.dat', '', 'audio-no-samples'],
    ['page.mp3', '<!doctype html><html><body>404</body></html>', 'not-audio-content'],
    ['notes.aac', 'Meeting on Monday at ten, bring the minutes.\n', 'not-audio-content'],
    ['zeros.mp3', Buffer.alloc(40_000), 'not-audio-content'],
    ['cut.wav', makeWav({ seconds: 1 }).subarray(0, 30), 'audio-unreadable'],
    ['none.wav', makeWav({ seconds: 0 }), 'audio-no-samples'],
    ['header.flac', 'fLaC\0\0\0\x22', 'audio-unreadable'],
    ['header.amr', '#!AMR\n', 'audio-no-samples'],
  ])('refuses %s', (name, content, code) => {
    expect(codeOf(() => probe(write(name, content), name))).toBe(code);
  });

  it('knows AMR also without the header that names it', () => {
    // Frames of silence: 12.2 kbit/s are 31 bytes of narrow band, 6.6 kbit/s 17 of wide band, each 20 ms.
    for (const [first, bytes, codec] of [
      [0x3c, 32, 'amr_nb'],
      [0x04, 18, 'amr_wb'],
    ] as const) {
      const frame = Buffer.alloc(bytes);
      frame[0] = first;
      const content = Buffer.concat(Array.from({ length: 300 }, () => frame));
      expect(probe(write('bare.amr', content), 'bare.amr')).toMatchObject({ container: 'amr', codec });
    }
  });

  it('names the file, what was expected and what was found', () => {
    const path = write('shop.mp3', '<html>closed</html>');
    expect(() => probe(path, 'shop.mp3')).toThrow('"shop.mp3": The file is an HTML page: expected audio.');
  });

  it('refuses impossible formats', () => {
    const wav = makeWav({ seconds: 1 });
    wav.writeUInt16LE(0, 22);
    expect(codeOf(() => probe(write('channels.wav', wav), 'channels.wav'))).toBe('audio-impossible-format');
  });

  it('refuses an MP4 file that claims more samples than it has bytes, before FFmpeg makes room for them', () => {
    const mp4 = readFileSync(fixtures['tone.mp4']!);
    const at = mp4.indexOf('stsz', 0, 'latin1');
    expect(codeOf(() => probe(write('whole.mp4', mp4), 'whole.mp4'))).toBeUndefined();
    mp4.writeUInt32BE(60, at + 8);
    mp4.writeUInt32BE(0x04ff_0001, at + 12);
    expect(codeOf(() => probe(write('claims.mp4', mp4), 'claims.mp4'))).toBe('audio-impossible-format');
    const fragmented = Buffer.concat([
      readFileSync(fixtures['tone.mp4']!),
      Buffer.from('00000028' + '6d6f6f66' + '00000020' + '74726166', 'hex'),
    ]);
    const run = Buffer.from('00000018' + '7472756e' + '00000301' + '00ff0012' + '0000000000000000', 'hex');
    const path = write('fragment.mp4', Buffer.concat([fragmented, run]));
    expect(codeOf(() => probe(path, 'fragment.mp4'))).toBe('audio-impossible-format');
    // Samples that last one unit each are counted by chunks: a long recording that was cut may claim many.
    const times = mp4.indexOf('stts', 0, 'latin1');
    mp4.writeUInt32BE(1, times + 8);
    mp4.writeUInt32BE(1, times + 16);
    expect(codeOf(() => probe(write('plain.mp4', mp4), 'plain.mp4'))).not.toBe('audio-impossible-format');
  });

  it('opens nothing but regular files', () => {
    symlinkSync(fixtures['tone.wav']!, `${folder}/link.wav`);
    expect(codeOf(() => probe(`${folder}/link.wav`, 'link.wav'))).toBe('file-not-regular');
    expect(codeOf(() => probe(folder, 'folder.wav'))).toBe('file-not-regular');
    expect(codeOf(() => probe(`${folder}/missing.wav`, 'missing.wav'))).toBe('file-missing');
  });
});

describe.skipIf(!hasCorpus)('probe of the corpus', () => {
  it.each(hasCorpus ? readExpectedAudio() : [])('is right about $file', (row) => {
    expect(judgeFacts(probe(`${corpusFolder}${row.file}`, row.file), row)).toEqual([]);
  });

  it.each(hasCorpus ? readExpectedDamage() : [])('classes $file', (row) => {
    let facts: AudioFacts | undefined;
    let error: unknown;
    try {
      facts = probe(`${corpusFolder}${row.file}`, row.file);
    } catch (thrown) {
      error = thrown;
    }
    const verdict = toVerdict(facts, error);
    expect(judgeVerdict(verdict, row), `expected ${row.expect}, got ${verdict}`).toBe(true);
  });

  it('sees through wrong extensions', () => {
    const path = `${folder}/disguised.wav`;
    copyFileSync(`${corpusFolder}valid/wrong_ext_mp3.m4a`, path);
    expect(probe(path, 'disguised.wav')).toMatchObject({ container: 'mp3', extension: 'mp3' });
  });
});
