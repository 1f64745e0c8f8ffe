import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFixture, makeWav } from '../../test/audio-fixtures.ts';
import { decodeSamples } from '../../test/decoded-samples.ts';
import { failureCodeOf } from '../model/failure.ts';
import { joinAudio } from './join-audio.ts';
import { openMedia } from './open-media.ts';
import { probe } from './probe.ts';

let folder: string;
let fileCount = 0;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-join-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface SegmentWish {
  readonly seconds: number;
  readonly sampleRateHz?: number;
  readonly channels?: number;
  readonly tone?: number;
}

/** A segment with a tone of its own that never repeats, so that no part of it can stand for another. */
function segment(kind: 'wav' | 'flac' | 'opus', wish: SegmentWish): string {
  fileCount += 1;
  const { seconds, sampleRateHz = 48_000, channels = 1, tone = 300 + fileCount * 37 } = wish;
  const sample = (frame: number, channel: number) =>
    0.4 * Math.sin((frame * 2 * Math.PI * tone * (1 + frame / 1e7)) / sampleRateHz + channel) +
    0.05 * Math.sin(frame * frame);
  const wav = `${folder}/segment-${fileCount}.wav`;
  writeFileSync(wav, makeWav({ seconds, sampleRateHz, channels, sample }));
  if (kind === 'wav') return wav;
  const path = `${folder}/segment-${fileCount}.${kind}`;
  if (kind === 'flac') encodeFixture(wav, path, 'flac', 'flac');
  else encodeFixture(wav, path, 'libopus', 'ogg', { page_duration: '800000' });
  return path;
}

function join(paths: readonly string[]) {
  fileCount += 1;
  const path = `${folder}/joined-${fileCount}`;
  return { path, ...joinAudio(paths, path, () => undefined) };
}

/** Packets as a reader that is not FFmpeg finds them. */
async function packetsOf(path: string): Promise<{ bytes: Buffer; seconds: number }[]> {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryAudioTrack();
  const found: { bytes: Buffer; seconds: number }[] = [];
  for await (const packet of new EncodedPacketSink(track!).packets())
    found.push({ bytes: Buffer.from(packet.data), seconds: packet.timestamp });
  return found;
}

function concatPlanes(paths: readonly string[]): Buffer[] {
  const parts = paths.map((path) => decodeSamples(path).planes);
  return (parts[0] ?? []).map((_, plane) => Buffer.concat(parts.map((planes) => planes[plane]!)));
}

describe('joined FLAC', () => {
  it.each([1, 2])(
    'holds every sample of every segment, %i channels, and no decoder complains',
    async (channels) => {
      const paths = [3.217, 0.5, 7.00013].map((seconds) => segment('flac', { seconds, channels }));
      const joined = join(paths);
      expect(joined.plan).toMatchObject({ kind: 'copy', codec: 'flac' });
      const decoded = decodeSamples(joined.path);
      expect(decoded.errorCount).toBe(0);
      const wanted = concatPlanes(paths);
      expect(decoded.planes.map((plane, index) => plane.equals(wanted[index]!))).toEqual(
        wanted.map(() => true),
      );
      const counts = paths.map((path) => decodeSamples(path).sampleCount);
      expect(joined.startsSeconds).toEqual([0, counts[0]! / 48_000, (counts[0]! + counts[1]!) / 48_000]);
      expect(probe(joined.path, 'a.flac')).toMatchObject({
        durationSeconds: decoded.sampleCount / 48_000,
        isPlayable: true,
        warnings: [],
      });
      const packets = await packetsOf(joined.path);
      const own = await Promise.all(paths.map(packetsOf));
      expect(packets).toHaveLength(own.flat().length);
      // A frame's position comes from its own number: the first one of each segment stands where the segment begins.
      const firsts = own.map((_, index) => own.slice(0, index).flat().length);
      for (const [index, at] of firsts.entries())
        expect(packets[at]!.seconds).toBeCloseTo(joined.startsSeconds[index]!, 6);
    },
  );

  it('leaves out a last frame that was cut off, and nothing before it', () => {
    const paths = [segment('flac', { seconds: 2 }), segment('flac', { seconds: 2 })];
    truncateSync(paths[0]!, readFileSync(paths[0]!).length - 700);
    const joined = join(paths);
    expect(joined.plan.kind).toBe('copy');
    const decoded = decodeSamples(joined.path);
    expect(decoded.errorCount).toBe(0);
    const wholeFrames = Math.floor((2 * 48_000) / 4608) * 4608;
    expect(decoded.sampleCount).toBe(wholeFrames + 96_000);
  });

  it('is decoded and encoded where a frame in the middle is damaged, keeping the rest', () => {
    const paths = [segment('flac', { seconds: 4 }), segment('flac', { seconds: 2 })];
    const bytes = readFileSync(paths[0]!);
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0xaa, middle, middle + 40);
    writeFileSync(paths[0]!, bytes);
    const joined = join(paths);
    expect(joined.plan.kind).toBe('encode');
    expect(joined.durationSeconds).toBeGreaterThan(5.8);
    expect(decodeSamples(joined.path).errorCount).toBe(0);
  });

  it('is encoded, bit for bit, where a segment ends with a block too short to stand inside', () => {
    const paths = [4608 * 3 + 7, 9000].map((frames) => segment('flac', { seconds: frames / 48_000 }));
    const joined = join(paths);
    expect(joined.plan.kind).toBe('encode');
    expect(decodeSamples(joined.path).planes[0]!.equals(concatPlanes(paths)[0]!)).toBe(true);
  });
});

describe('joined Opus', () => {
  it('is one stream with every packet of every segment as it was, in order, at running positions', async () => {
    const paths = [3.3, 1.01, 5.777].map((seconds) => segment('opus', { seconds, channels: 2 }));
    const joined = join(paths);
    expect(joined.plan).toMatchObject({ kind: 'copy', codec: 'opus', extension: 'opus' });
    const packets = await packetsOf(joined.path);
    const own = await Promise.all(paths.map(packetsOf));
    const textOf = ({ bytes }: { bytes: Buffer }) => bytes.toString('base64');
    const pause = 'AAvxdh1I';
    expect(packets.map(textOf)).toEqual(
      own.flatMap((part, at) => [...(at ? [pause] : []), ...part.map(textOf)]),
    );
    const ends = packets.map(({ seconds }, at) => (packets[at + 1]?.seconds ?? seconds + 0.02) - seconds);
    // The first packet begins before zero, by the run-in; a pause is half as long as a packet.
    for (const [at, length] of ends.entries())
      if (at > 0) expect(length).toBeCloseTo(textOf(packets[at]!) === pause ? 0.01 : 0.02, 6);
    const pages = readFileSync(joined.path).toString('latin1').split('OggS').slice(1);
    expect(pages.filter((page) => (page.charCodeAt(1) & 2) !== 0)).toHaveLength(1);
    expect(pages.filter((page) => (page.charCodeAt(1) & 4) !== 0)).toHaveLength(1);
  });

  it('decodes to the very samples of each segment, from where it says that the segment begins', () => {
    const paths = [3.3, 1.01, 5.777].map((seconds) => segment('opus', { seconds }));
    const joined = join(paths);
    const sound = decodeSamples(joined.path);
    for (const [index, path] of paths.entries()) {
      const own = decodeSamples(path).planes[0]!;
      const start = Math.round(joined.startsSeconds[index]! * 48_000) * 4;
      expect(sound.planes[0]!.subarray(start, start + own.length).equals(own)).toBe(true);
    }
    expect(joined.durationSeconds).toBeCloseTo(sound.sampleCount / 48_000, 6);
    // What is heard between two segments: the filling of a frame, the pause, the run-in.
    const between = joined.durationSeconds - 10.087;
    expect(between).toBeGreaterThanOrEqual(2 * 0.0165 - 0.001);
    expect(between).toBeLessThan(2 * 0.0365 + 0.001);
  });

  it('takes what is whole of a segment whose end was cut off', async () => {
    const paths = [segment('opus', { seconds: 4 }), segment('opus', { seconds: 2 })];
    const whole = await packetsOf(paths[0]!);
    truncateSync(paths[0]!, readFileSync(paths[0]!).length - 3000);
    const joined = join(paths);
    const packets = await packetsOf(joined.path);
    const last = await packetsOf(paths[1]!);
    expect(packets.slice(-last.length).map(({ bytes }) => bytes)).toEqual(last.map(({ bytes }) => bytes));
    const first = packets.slice(0, -last.length - 1);
    expect(first.length).toBeGreaterThan(100);
    expect(first.map(({ bytes }) => bytes)).toEqual(whole.slice(0, first.length).map(({ bytes }) => bytes));
    expect(decodeSamples(joined.path).errorCount).toBe(0);
  });
});

describe('joined WAV', () => {
  it('holds every sample behind one header', () => {
    const paths = [1.5, 2.25, 0.001].map((seconds) => segment('wav', { seconds, channels: 2 }));
    const joined = join(paths);
    expect(joined.plan).toMatchObject({ kind: 'copy', codec: 'pcm_s16le', container: 'wav' });
    const bytes = readFileSync(joined.path);
    const samples = Buffer.concat(paths.map((path) => readFileSync(path).subarray(44)));
    expect(bytes.subarray(bytes.length - samples.length).equals(samples)).toBe(true);
    expect(probe(joined.path, 'a.wav')).toMatchObject({
      durationSeconds: 3.751,
      isPlayable: true,
      warnings: [],
    });
  });
});

describe('a join whose process is killed', () => {
  it('fails with a code, leaves nothing behind, and can be asked for again', async () => {
    const part = segment('flac', { seconds: 8, channels: 2 });
    const inbox = mkdtempSync(`${tmpdir()}/vrp-join-killed-`);
    let childId = 0;
    const media = openMedia({
      onEvent: ({ type, processId }) => {
        if (type === 'child-started') childId = processId;
      },
    });
    try {
      const long = Array.from({ length: 150 }, () => part);
      const killed = media.join(long, `${inbox}/joined`, {
        onProgress: () => process.kill(childId, 'SIGKILL'),
      });
      expect(failureCodeOf(await killed.catch((error: unknown) => error))).toBe('media-crashed');
      expect(readdirSync(inbox)).toEqual([]);
      const { durationSeconds } = await media.join([part, part], `${inbox}/joined`);
      expect(durationSeconds).toBe(16);
      expect(readdirSync(inbox)).toEqual(['joined']);
    } finally {
      await media.close();
      rmSync(inbox, { recursive: true });
    }
  });
});

describe('segments that differ', () => {
  it('in codec are decoded and encoded without loss', () => {
    const paths = [segment('wav', { seconds: 2 }), segment('flac', { seconds: 3 })];
    const joined = join(paths);
    expect(joined.plan).toMatchObject({ kind: 'encode', codec: 'flac' });
    const decoded = decodeSamples(joined.path);
    expect(decoded.errorCount).toBe(0);
    expect(decoded.planes[0]!.equals(concatPlanes(paths)[0]!)).toBe(true);
    expect(joined.startsSeconds).toEqual([0, 2]);
  });

  it('in rate and channels are brought to the finest of them', () => {
    const paths = [
      segment('wav', { seconds: 2, sampleRateHz: 44_100 }),
      segment('opus', { seconds: 3, channels: 2 }),
    ];
    const joined = join(paths);
    expect(probe(joined.path, 'a.flac')).toMatchObject({ sampleRateHz: 48_000, channels: 2, bitDepth: 24 });
    expect(joined.startsSeconds[1]).toBeCloseTo(2, 2);
    expect(joined.durationSeconds).toBeCloseTo(5, 2);
  });

  it('and cannot be read at all leave no file behind', () => {
    const broken = `${folder}/broken.flac`;
    writeFileSync(broken, Buffer.alloc(5000, 7));
    const output = `${folder}/never`;
    expect(() => joinAudio([segment('flac', { seconds: 1 }), broken], output, () => undefined)).toThrow();
    expect(existsSync(output)).toBe(false);
  });
});
