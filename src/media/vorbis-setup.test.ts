import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, Demuxer, Encoder, FilterAPI, Muxer } from 'node-av/api';
import { AV_LOG_QUIET, FF_ENCODER_LIBVORBIS } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import { failureCodeOf } from '../model/failure.ts';
import { probe } from './probe.ts';
import { VorbisSetups } from './vorbis-setup.ts';

Log.setLevel(AV_LOG_QUIET);
let folder: string;
let whole: string;
beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/vrp-vorbis-`);
  const wav = join(folder, 'tone.wav');
  whole = join(folder, 'tone.webm');
  writeFileSync(wav, makeWav({ seconds: 2, sampleRateHz: 44_100, channels: 2 }));
  await encodeVorbis(wav, whole);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The program itself never writes Vorbis. The headers and a packet are enough here. */
async function encodeVorbis(wavPath: string, outputPath: string): Promise<void> {
  await using input = await Demuxer.open(wavPath);
  await using output = await Muxer.open(outputPath);
  const stream = input.audio()!;
  using decoder = await Decoder.create(stream);
  using filter = FilterAPI.create('aformat=sample_fmts=fltp', {});
  using encoder = await Encoder.create(FF_ENCODER_LIBVORBIS, { filter });
  const index = output.addStream(encoder);
  const packets = encoder.packets(filter.frames(decoder.frames(input.packets(stream.index))));
  for await (using packet of packets) await output.writePacket(packet, index);
}

/** The file with what `change` makes of its set-up header. */
function damaged(change: (setup: Buffer) => void): string {
  const content = readFileSync(whole);
  const setupOffset = content.indexOf(Buffer.from('\x05vorbis', 'latin1'));
  change(content.subarray(setupOffset, setupOffset + 3000));
  const path = join(folder, 'damaged.webm');
  writeFileSync(path, content);
  return path;
}

describe('Vorbis in WebM', () => {
  it('is described by its headers, each time alike', () => {
    const vorbisSetups = new VorbisSetups();
    const first = probe(whole, 'tone.webm', { vorbisSetups });
    expect(first).toMatchObject({
      container: 'webm',
      codec: 'vorbis',
      sampleRateHz: 44_100,
      channels: 2,
      bitDepth: null,
      warnings: [],
    });
    expect(first.durationSeconds).toBeGreaterThan(0);
    expect(probe(whole, 'tone.webm', { vorbisSetups })).toEqual(first);
    expect(probe(whole, 'tone.webm')).toEqual(first);
  });

  it.each([
    ['in its first words', (setup: Buffer) => setup.fill(0xa5, 6, 26)],
    ['in its code books', (setup: Buffer) => setup.fill(0, 400, 1400)],
    ['by one flipped byte of a code book', (setup: Buffer) => setup.writeUInt8(setup.readUInt8(9) ^ 0xff, 9)],
  ])('whose set-up is damaged %s is refused, also after a good one', (_, change) => {
    const vorbisSetups = new VorbisSetups();
    const path = damaged(change);
    probe(whole, 'tone.webm', { vorbisSetups });
    for (const settings of [{ vorbisSetups }, {}, { vorbisSetups }]) {
      let code: string | undefined;
      try {
        probe(path, 'damaged.webm', settings);
      } catch (error) {
        code = failureCodeOf(error);
      }
      expect(code).toBe('audio-impossible-format');
    }
  });
});
