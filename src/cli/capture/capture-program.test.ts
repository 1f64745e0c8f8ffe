import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { argumentsFor, findCapturePrograms } from './capture-program.ts';
import { readAlsaNames, readPipeWireDump, readPulseSources } from './list-devices.ts';
import { progressLine } from './take-display.ts';

describe('the capture programs', () => {
  it('are found on the search path in their order, and only when they can be run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-programs-'));
    await writeFile(join(folder, 'arecord'), '', { mode: 0o755 });
    await writeFile(join(folder, 'pw-record'), '', { mode: 0o755 });
    await writeFile(join(folder, 'parec'), '', { mode: 0o644 });
    const path = ['/nonexistent', folder].join(delimiter);
    expect(findCapturePrograms(path).map(({ name }) => name)).toEqual(['pw-record', 'arecord']);
    expect(findCapturePrograms(path, 'arecord')).toEqual([
      { name: 'arecord', path: join(folder, 'arecord') },
    ]);
    expect(() => findCapturePrograms(path, 'parec')).toThrow('There is no program to record with');
    expect(() => findCapturePrograms(undefined)).toThrow('pw-record, parec or arecord');
    await rm(folder, { recursive: true });
  });

  it('are asked for raw samples, each in its own words', () => {
    const wish = { sampleRateHz: 48_000, channels: 2, sampleFormat: 's32', device: 'desk' } as const;
    const asked = (name: 'pw-record' | 'parec' | 'arecord') =>
      argumentsFor({ name, path: name }, wish).join(' ');
    expect(asked('pw-record')).toMatch(/--raw --rate=48000 --channels=2 --format=s32 .*--target=desk -$/);
    expect(asked('parec')).toMatch(/--raw --rate=48000 --channels=2 --format=s32le .*--device=desk$/);
    expect(asked('arecord')).toBe('--file-type=raw --rate=48000 --channels=2 --format=S32_LE --device=desk');
  });
});

describe('the lists of devices', () => {
  it('are read as the programs print them', () => {
    expect(readPulseSources('0\tvrp.monitor\tmodule-null-sink.c\ts16le 2ch 44100Hz\tIDLE\n')).toEqual([
      ['vrp.monitor', 's16le 2ch 44100Hz'],
    ]);
    expect(readAlsaNames('null\n    Discard all samples\nplughw:1\n    USB Audio\n    Line In\n')).toEqual([
      ['null', 'Discard all samples'],
      ['plughw:1', 'USB Audio, Line In'],
    ]);
    const node = (mediaClass: string) => ({
      info: {
        props: { 'media.class': mediaClass, 'node.name': 'alsa_input.usb', 'node.description': 'USB' },
      },
    });
    expect(readPipeWireDump(JSON.stringify([node('Audio/Source'), node('Audio/Sink'), null, {}]))).toEqual([
      ['alsa_input.usb', 'USB'],
    ]);
  });
});

describe('the line on the terminal', () => {
  it('shows loudness, peak and what is captured and safe', () => {
    const progress = { capturedSeconds: 83.04, safeSeconds: 82 };
    expect(progressLine(progress, { peakDbfs: -10, rmsDbfs: -30 })).toBe(
      '1:23  [############-------|----] -10 dB  captured 83.0 s, safe 82.0 s',
    );
    expect(progressLine(progress, { peakDbfs: -Infinity, rmsDbfs: -Infinity })).toContain('] silent');
  });
});
