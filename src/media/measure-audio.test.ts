import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { AV_CHANNEL_ORDER_NATIVE, AV_SAMPLE_FMT_S16 } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeChunk, makeFixtures, makeWav } from '../../test/audio-fixtures.ts';
import { failureCodeOf } from '../model/failure.ts';
import { LoudnessMeter } from './loudness-meter.ts';
import { measureAudio } from './measure-audio.ts';

let folder: string;
let fixtures: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-measure-`);
  fixtures = makeFixtures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function measure(content: Buffer) {
  const path = `${folder}/measured.wav`;
  writeFileSync(path, content);
  return measureAudio(path, () => undefined);
}

/** Stereo tones of 1 kHz one after the other, each so many seconds at a peak of so many dBFS. */
function tones(...parts: readonly (readonly [seconds: number, peakDbfs: number])[]): Buffer {
  const rate = 48_000;
  const samples = parts.map(([seconds, peakDbfs]) => {
    const period = Buffer.alloc(48 * 4);
    for (let at = 0; at < 96; at++) {
      const value = Math.sin((Math.floor(at / 2) * 2 * Math.PI) / 48) * 10 ** (peakDbfs / 20);
      period.writeInt16LE(Math.round(value * 32_767), at * 2);
    }
    return Buffer.alloc(Math.round(seconds * rate) * 4, period);
  });
  const sizeBytes = samples.reduce((sum, { length }) => sum + length, 0);
  const head = makeWav({ seconds: 0, sampleRateHz: rate, channels: 2, declaredBytes: sizeBytes });
  head.writeUInt32LE(head.length - 8 + sizeBytes, 4);
  return Buffer.concat([head, ...samples]);
}

describe('loudness by the test signals of EBU Tech 3341', () => {
  it.each([
    ['case 1', tones([20, -23]), -23],
    ['case 2', tones([20, -33]), -33],
    ['case 3', tones([10, -36], [60, -23], [10, -36]), -23],
    ['case 4', tones([10, -72], [10, -36], [60, -23], [10, -36], [10, -72]), -23],
    ['case 5', tones([20, -26], [20.1, -20], [20, -26]), -23],
  ])('%s', (_, signal, expectedLufs) => {
    const { integratedLufs } = measure(signal).loudness ?? {};
    expect(Math.abs((integratedLufs ?? 0) - expectedLufs)).toBeLessThanOrEqual(0.1);
  });

  it.each([
    ['case 15', 4, 0, 0.5, -6],
    ['case 16', 4, 45, 0.5, -6],
    ['case 17', 6, 60, 0.5, -6],
    ['case 18', 8, 67.5, 0.5, -6],
    ['case 19', 4, 45, 1.41, 3],
  ])('%s: the peak between the samples', (_, part, phaseDegrees, amplitude, expectedDbtp) => {
    const phase = (phaseDegrees * Math.PI) / 180;
    const { truePeakDbtp } =
      measure(
        makeWav({
          seconds: 3,
          sampleRateHz: 48_000,
          channels: 2,
          // Faded in and out, for what begins at once has peaks of its own.
          sample: (frame) => {
            const fade = Math.min(1, frame / 4800, (144_000 - frame) / 4800);
            return amplitude * fade * Math.sin((frame * 2 * Math.PI) / part + phase);
          },
        }),
      ).loudness ?? {};
    expect(truePeakDbtp).toBeGreaterThanOrEqual(expectedDbtp - 0.4);
    expect(truePeakDbtp).toBeLessThanOrEqual(expectedDbtp + 0.2);
  });
});

describe('loudness range by the test signals of EBU Tech 3342', () => {
  it.each([
    ['case 1', tones([20, -20], [20, -30]), 10],
    ['case 2', tones([20, -20], [20, -15]), 5],
    ['case 3', tones([20, -40], [20, -20]), 20],
    ['case 4', tones([20, -50], [20, -35], [20, -20], [20, -35], [20, -50]), 15],
  ])('%s', (_, signal, expectedLu) => {
    const { rangeLu } = measure(signal).loudness ?? {};
    expect(Math.abs((rangeLu ?? 0) - expectedLu)).toBeLessThanOrEqual(1);
  });
});

describe('what is measured of sound', () => {
  it('remarks on damage that no look at the beginning shows', () => {
    const bytes = readFileSync(fixtures['tone.flac'] ?? '');
    expect(measure(bytes).remark).toBeNull();
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    expect(measure(bytes).remark).toMatchObject({ code: 'decode-errors' });
  });

  it('counts the tenths of a second in which no sample goes beyond -60 dBFS', () => {
    const { silenceShare } = measure(
      makeWav({
        seconds: 10,
        channels: 2,
        // One click in one channel in the second half of the silence.
        sample: (frame, channel) => {
          if (frame < 40_000) return Math.sin(frame / 10) * 0.01;
          if (frame === 120_050 && channel === 1) return 0.002;
          return Math.sin(frame / 10) * 0.0005;
        },
      }),
    );
    expect(silenceShare).toBe(0.74);
  });

  it('has no loudness for silence, and no peak for none at all', () => {
    expect(measure(makeWav({ seconds: 2, sample: () => 0 }))).toMatchObject({
      loudness: { integratedLufs: null, rangeLu: null, truePeakDbtp: null },
      silenceShare: 1,
    });
    expect(measure(makeWav({ seconds: 0.3 })).loudness).toMatchObject({ integratedLufs: null });
  });

  it('gives no figure for sound whose format changes in the middle', () => {
    const meter = new LoudnessMeter();
    for (const sampleRate of [48_000, 44_100]) {
      using frame = Frame.fromAudioBuffer(Buffer.alloc(4800 * 4), {
        nbSamples: 4800,
        format: AV_SAMPLE_FMT_S16,
        sampleRate,
        channelLayout: { nbChannels: 2, order: AV_CHANNEL_ORDER_NATIVE, mask: 3n },
        timeBase: { num: 1, den: sampleRate },
      });
      meter.add(frame);
    }
    expect(meter.finish()).toEqual({ loudness: null, silenceShare: null });
    meter.close();
  });

  it('gives the same checksum to the same sound under other tags, and another to other sound', () => {
    const plain = makeWav({ seconds: 1 });
    const info = Buffer.concat([Buffer.from('INFO'), makeChunk('INAM', Buffer.from('Renamed\0'))]);
    const tagged = makeWav({ seconds: 1, chunks: [['LIST', info]] });
    const { audioChecksum, audioChecksumMethod } = measure(plain);
    expect(audioChecksumMethod).toBe('packets-v1');
    expect(audioChecksum).toBe(createHash('sha256').update(plain.subarray(44)).digest('hex'));
    expect(measure(tagged).audioChecksum).toBe(audioChecksum);
    plain.writeInt16LE(1, 44 + 1000);
    expect(measure(plain).audioChecksum).not.toBe(audioChecksum);
  });

  it('reads 24 bits in containers of 32 as loud as they are', () => {
    const narrow = makeWav({ seconds: 5, sampleRateHz: 48_000 });
    const samples = narrow.subarray(44);
    const wide = Buffer.alloc(samples.length * 2);
    for (let at = 0; at < samples.length; at += 2) wide.writeInt16LE(samples.readInt16LE(at), at * 2 + 2);
    const format = Buffer.from(
      'feff0100' + '80bb0000' + '00ee0200' + '04002000' + '16001800' + '04000000',
      'hex',
    );
    const guid = Buffer.from('0100000000001000800000aa00389b71', 'hex');
    const body = Buffer.concat([
      Buffer.from('WAVE'),
      makeChunk('fmt ', Buffer.concat([format, guid])),
      makeChunk('data', wide),
    ]);
    const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
    head.writeUInt32LE(body.length, 4);
    const measured = measure(Buffer.concat([head, body]));
    expect(measured.loudness).toEqual(measure(narrow).loudness);
    expect(measured.audioChecksum).toBe(createHash('sha256').update(wide).digest('hex'));
  });

  it('measures every kind of file, and tells how far it is', () => {
    for (const [name, path] of Object.entries(fixtures)) {
      const shares: number[] = [];
      const { loudness, silenceShare } = measureAudio(path, (share) => shares.push(share));
      expect(loudness?.integratedLufs, name).toBeCloseTo(-6.7, 0);
      expect(silenceShare, name).toBeLessThan(0.1);
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
  });

  it('refuses what holds no sound with the codes of a probe', () => {
    writeFileSync(`${folder}/page.wav`, '<html>closed</html>');
    for (const path of [`${folder}/page.wav`, folder, `${folder}/none.wav`]) {
      let code: string | undefined;
      try {
        measureAudio(path, () => undefined);
      } catch (error) {
        code = failureCodeOf(error);
      }
      expect(code).toMatch(/^(audio-unreadable|file-not-regular|file-missing)$/);
    }
    expect(readFileSync(`${folder}/page.wav`, 'utf8')).toContain('closed');
  });
});
